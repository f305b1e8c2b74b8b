"""Running commands, for the tests of what users type."""
import contextlib
import subprocess

PATIENCE = 120  # seconds, against hanging only


def run(*words, **more):
    """What it prints; AssertionError with all that it said where it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=PATIENCE, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def started(*words):
    """The process, which is killed at the block's end, whatever made it end."""
    with subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # before the outer block's end waits for it
