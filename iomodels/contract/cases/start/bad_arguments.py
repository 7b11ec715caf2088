"""What is wrong on the command line is named in one line, with what was probably meant; exit status 2, no traceback."""

from iomodels.contract.trial import Trial

REFERENCE = "Python's argparse and the shells: status 2 is wrong usage; GNU Coding Standards, 4.4 (error messages)"
NEEDS = {"process", "flags"}
WRONG = (  # options, and what the line must have
    (("--port", "70000"), ("--port", "70000")),
    (("--service", "uper"), ("uper", "did you mean upper?")),
    (("--max-conections", "3"), ("--max-conections", "did you mean --max-connections?")),
    (("--grace", "soon"), ("--grace", "soon")),
    (("surplus",), ("surplus",)),
)


def check(trial: Trial) -> None:
    for options, words in WRONG:
        trial.launch.run_to_end(*options).expect_refusal(2, *words)
