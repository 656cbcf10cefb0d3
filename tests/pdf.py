"""A real PDF of a given size, written by hand: one page with nothing on it."""


def real_pdf(size: int = 0) -> bytes:
    """Return a PDF that any viewer opens, filled up to `size` bytes with a comment."""
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
    )
    data, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, body in enumerate(bodies, 1):
        table += b"%010d 00000 n \n" % len(data)
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    tail = b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(data)
    data += b"xref\n0 4\n" + table
    filled = b"%" + b"x" * (size - len(data) - len(tail) - 2) + b"\n" if size else b""
    return data + filled + tail
