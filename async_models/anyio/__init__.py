"""The models on anyio, a file each under the same name as in `models/`. Without anyio they end with one line and status 3."""

from models.ground.program import require

require("anyio", package="anyio")
