"""format=flowed read back into whole lines (RFC 3676 section 4)."""


def unflow(text: str, delsp: bool) -> str:
    """`text` with its flowed lines joined; `delsp` True drops the blank at the seam (section 4.1).

    Quoted lines come out with `> ` per level; the signature separator "-- " never flows.
    """
    out: list[str] = []
    open_depth = -1  # quote depth of the paragraph that the last line of `out` leaves open
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffing, section 4.4
        signature = content == "-- "
        flows = content.endswith(" ") and not signature
        if flows and delsp:
            content = content[:-1]
        if open_depth == depth and not signature:
            out.append(content)
        else:
            out.append("\n" + (">" * depth + " " if depth else "") + content)
        open_depth = depth if flows else -1
    return "".join(out)[1:]
