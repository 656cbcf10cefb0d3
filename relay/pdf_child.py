"""The process that opens one PDF to see whether it is one: it can be killed, and has a limit on its memory.

Started by document_check.py as `python -m parley.relay.pdf_child BYTES`; the PDF comes on standard input. Exit status
0: a PDF (an encrypted one too); 1: none; 3: nobody can tell, because the extra `documents` is not installed.
"""

import io
import resource
import sys

IS_PDF, IS_NONE, UNKNOWN = 0, 1, 3


def main() -> int:
    """Read standard input and say what it is. The first argument is the most bytes of memory to be used."""
    try:
        import pikepdf
    except ImportError:
        return UNKNOWN
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with pikepdf.open(io.BytesIO(sys.stdin.buffer.read()), suppress_warnings=True) as pdf:
            return IS_PDF if len(pdf.pages) > 0 else IS_NONE
    except pikepdf.PasswordError:
        return IS_PDF
    except (pikepdf.PdfError, ValueError, RuntimeError, MemoryError):
        return IS_NONE


if __name__ == "__main__":
    sys.exit(main())
