"""The models on trio, a file each under the same name as in `models/`. Without trio they end with one line and status 3."""

from models.ground.program import require

require("trio", package="trio")
