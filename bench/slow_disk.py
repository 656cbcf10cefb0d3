"""A disk whose every fsync takes longer: a small library that is loaded in front of the system's (LD_PRELOAD).

It is compiled when it is needed, where a C compiler is installed. Whatever is started inside the block has it, a
Postfix's daemons as well.
"""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

COMPILER = "gcc"
_SOURCE = """
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static void wait_first(void) { struct timespec pause = {0, MICROSECONDS * 1000L}; nanosleep(&pause, 0); }
int fsync(int file) { wait_first(); return syscall(SYS_fsync, file); }
int fdatasync(int file) { wait_first(); return syscall(SYS_fdatasync, file); }
"""
# Postfix keeps only those variables of its environment that it is told to.
POSTFIX = "import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG LANG=C LD_PRELOAD\n"


def can_be_made() -> bool:
    """Whether there is a compiler."""
    return shutil.which(COMPILER) is not None


@contextmanager
def slow_disk(folder: Path, milliseconds: float) -> Generator[None]:
    """Let each fsync of the programs that are started in the block take so much longer; `folder` holds the library."""
    folder.chmod(0o755)  # other users load it
    source, library = folder / "slow_disk.c", folder / "slow_disk.so"
    source.write_text(_SOURCE.replace("MICROSECONDS", str(round(1000 * milliseconds))))
    subprocess.run((COMPILER, "-shared", "-fPIC", "-O1", "-o", library, source), check=True)
    os.environ["LD_PRELOAD"] = str(library)
    try:
        yield
    finally:
        del os.environ["LD_PRELOAD"]
