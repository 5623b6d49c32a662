"""Writes leaflet.pdf: two pages of text, no library needed."""

import pathlib
import zlib

PAGES = [
    ("Safety at the machines", [
        "This leaflet hangs beside every machine of the Weir Street Workshop.",
        "",
        "The table saw",
        "The riving knife stands 3 millimetres behind the blade. The guard stays on,",
        "also for short cuts. Pieces shorter than 30 centimetres are cut with the",
        "sledge and never by hand. The blade is changed after 40 hours of work.",
        "",
        "The planer",
        "Take off at most 2 millimetres at a time. Boards shorter than 25 centimetres",
        "do not go through the planer. Empty the chip bag when it is three quarters",
        "full: fine dust can catch fire.",
        "",
        "The lathe",
        "Before you switch it on, turn the piece once by hand. Begin with 600 turns a",
        "minute and stand beside the piece, not in front of it.",
    ]),
    ("In an emergency", [
        "The red button beside each door stops all machines at once.",
        "",
        "1. Press the red button.",
        "2. Help the person, and call 112.",
        "3. Send somebody to the gate in Weir Street to meet the ambulance.",
        "4. Tell Jonas Petry. His number is on the door of the kitchen.",
        "",
        "If there is a fire, leave through the nearest door and meet at the chestnut",
        "tree across the street. Nobody goes back for tools.",
        "",
        "Eye wash is in the green cabinet in the drying room. Rinse for fifteen",
        "minutes, even if it feels better after one.",
        "",
        "Every accident is written into the blue book in the office, also small ones.",
    ]),
]


def content(title, lines):
    text = ["BT", "/F2 20 Tf", "72 760 Td", f"({title}) Tj", "/F1 11 Tf", "0 -36 Td", "16 TL"]
    for line in lines:
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        text += [f"({escaped}) Tj", "T*"]
    return "\n".join([*text, "ET"]).encode("latin-1")


def main():
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(PAGES)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(PAGES)} >>".encode())
    for font in ["Helvetica", "Helvetica-Bold"]:
        objects.append(f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>".encode())
    for n, (title, lines) in enumerate(PAGES):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + 2 * n} 0 R"
            " /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        packed = zlib.compress(content(title, lines), 9)
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed))
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for n, body in enumerate(objects):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n + 1, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    pathlib.Path(__file__).with_name("leaflet.pdf").write_bytes(out)


if __name__ == "__main__":
    main()
