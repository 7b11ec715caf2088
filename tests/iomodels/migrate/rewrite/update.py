"""Write `expected/` anew from `inputs/`, all of them or those named, to be looked at with git diff."""

import sys
from pathlib import Path

from iomodels.migrate.rewrite import Target, rewrite

HERE = Path(__file__).parent


def main(names: list[str]) -> None:
    for file in sorted((HERE / "inputs").glob("*.py")):
        if names and file.stem not in names:
            continue
        for target in Target:
            done = rewrite(file.read_text(), str(file), target)
            expected = HERE / "expected" / f"{file.stem}.{target.value}.py"
            if done.changes:
                expected.write_text(done.text)
            else:
                expected.unlink(missing_ok=True)
            for refusal in done.refusals:
                print(f"{file.name}:{refusal.line}: {target.value}: {refusal.code} {refusal.text}")


if __name__ == "__main__":
    main(sys.argv[1:])
