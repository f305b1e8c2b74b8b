"""What pytest has to know of this project: `pytest tests/report_test.py` runs a file by hand, with
the programs of build/, `pytest --build=build/dev ...` with those of another build."""
import os


def pytest_addoption(parser):
    parser.addoption("--build", help="the build folder whose programs are tested (default: build)")


def pytest_configure(config):
    if config.getoption("--build"):
        os.environ["MINITALK_BUILD"] = config.getoption("--build")  # for tests/commands.py
