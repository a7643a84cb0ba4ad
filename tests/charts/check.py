"""Runs every check of charts/, and says what each came to in the words of `cargo test`, which tests/run adds up."""

import sys
import time
import unittest
from pathlib import Path

import definitions
import helm
import program

HERE = Path(__file__).resolve().parent


class Told(unittest.TestResult):
    """A line a test, and the causes at the end."""

    def __init__(self):
        super().__init__()
        self.failed: set[str] = set()

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        broken = {name(failed) for failed, _ in [*self.failures, *self.errors]}
        is_broken = name(test) in broken
        if is_broken:
            self.failed.add(name(test))
        print(f"test {name(test)} ... {'FAILED' if is_broken else 'ok'}", flush=True)


def name(test: unittest.TestCase) -> str:
    # A part of a test is that test.
    whole = getattr(test, "test_case", test)
    module, *rest = whole.id().split(".")
    return "::".join(["charts", module.removeprefix("test_"), *rest])


def main() -> int:
    began = time.monotonic()
    for needed in (helm.binary, program.binary, program.database_binary, definitions.folder):
        try:
            needed()
        except RuntimeError as missing:
            print(f"test charts::tools ... FAILED\n{missing}\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored")
            return 1
    told = Told()
    unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py", top_level_dir=str(HERE)).run(told)
    for failed, cause in [*told.failures, *told.errors]:
        print(f"\n---- {name(failed)} {getattr(failed, '_message', '')}\n{cause}")
    # What could not even be loaded is no test that ran, and is counted all the same.
    failed = len(told.failed) or len({name(failed) for failed, _ in told.errors})
    passed = told.testsRun - failed
    is_ok = failed == 0 and passed > 0
    print(
        f"\ntest result: {'ok' if is_ok else 'FAILED'}. {passed} passed; {failed} failed; 0 ignored; "
        f"finished in {time.monotonic() - began:.2f}s"
    )
    return 0 if is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
