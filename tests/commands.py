"""Running a command that has to succeed, for the tests of what users type."""
import subprocess

PATIENCE = 120  # seconds, against hanging only


def run(*words, **more):
    """What it prints; AssertionError with all that it said where it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=PATIENCE, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
