"""Draw the pictures of the mock products and Facet's own icon: ``python data/draw_pictures.py`` writes
data/pictures/*.svg and data/icon.svg.

Every drawing is ours, made of plain shapes on a 160 x 120 field, so that a catalogue ships without photographs.
"""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).resolve().parent

#: Category -> background, halo.
GROUNDS = {
    "Treats": ("#fdecef", "#f9d3da"),
    "Tea and coffee": ("#f6eee3", "#ead9c0"),
    "Books": ("#e9f0fb", "#cfdff6"),
    "Games": ("#fff3d9", "#ffe3a6"),
    "Home": ("#eef3ea", "#d8e5cf"),
    "Sport": ("#e5f5f3", "#c4e8e3"),
    "Music": ("#f1ecfa", "#ddd0f3"),
    "Gifts": ("#fdeee2", "#fad7bb"),
}

INK, CREAM, WOOD, STEEL = "#2d3142", "#fff8ec", "#b5763b", "#a9b4c2"
RED, PINK, ORANGE, GOLD = "#d64550", "#f08a9b", "#ee8434", "#f2b441"
GREEN, LEAF, TEAL, BLUE, NAVY, VIOLET = "#5a9367", "#7fb685", "#2a9d8f", "#4f86c6", "#2f4b7c", "#8367c7"
BROWN, COCOA = "#7a4a2a", "#4e2f1d"


def circle(x: float, y: float, r: float, fill: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{r}" fill="{fill}"/>'


def oval(x: float, y: float, rx: float, ry: float, fill: str) -> str:
    return f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{fill}"/>'


def box(x: float, y: float, w: float, h: float, fill: str, r: float = 3) -> str:
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="{fill}"/>'


def shape(path: str, fill: str) -> str:
    return f'<path d="{path}" fill="{fill}"/>'


def stroke(path: str, colour: str, width: float = 3) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def turned(degrees: float, *parts: str) -> str:
    return f'<g transform="rotate({degrees} 80 60)">{"".join(parts)}</g>'


def star(x: float, y: float, r: float, fill: str) -> str:
    q = r * 0.28
    return shape(
        f"M{x} {y - r}L{x + q} {y - q}L{x + r} {y}L{x + q} {y + q}L{x} {y + r}L{x - q} {y + q}L{x - r} {y}L{x - q} {y - q}Z",
        fill,
    )


def book(cover: str, *decoration: str) -> list[str]:
    return [
        box(54, 26, 54, 70, "#d9d2c3", 3),
        box(52, 22, 54, 70, cover, 4),
        box(52, 22, 8, 70, "#00000022", 4),
        *decoration,
    ]


DRAWINGS: dict[str, list[str]] = {
    "dark-chocolate": [
        turned(
            -14,
            box(44, 34, 72, 52, COCOA, 5),
            *(
                box(48 + 17 * column, 38 + 16 * row, 14, 13, BROWN, 2)
                for row in range(3)
                for column in range(4)
            ),
            shape("M44 64L116 58L116 86Q116 91 111 91L49 91Q44 91 44 86Z", RED),
            stroke("M44 64L58 60L72 64L86 58L100 62L116 58", CREAM, 3),
        )
    ],
    "ice-lollies": [
        box(55, 78, 7, 24, WOOD, 3),
        box(97, 78, 7, 24, WOOD, 3),
        shape("M44 80V40Q44 22 58.500 22Q73 22 73 40V80Z", PINK),
        shape("M44 80V60Q58 68 73 60V80Z", RED),
        shape("M86 80V40Q86 22 100.500 22Q115 22 115 40V80Z", GOLD),
        shape("M86 80V62Q100 54 115 62V80Z", ORANGE),
        stroke("M52 38V54M94 38V54", "#ffffffaa", 4),
    ],
    "oat-cookies": [
        circle(64, 66, 28, "#c98f4e"),
        circle(64, 64, 27, "#dba866"),
        circle(100, 58, 26, "#c98f4e"),
        circle(100, 56, 25, "#e0b273"),
        *(
            circle(x, y, 3.5, COCOA)
            for x, y in ((54, 56), (70, 72), (58, 76), (74, 54), (94, 48), (108, 62), (98, 68), (110, 46))
        ),
        stroke("M58 64l6 2M88 58l5 -2M104 52l5 3", CREAM, 2.5),
    ],
    "popcorn": [
        *(
            circle(x, y, 11, CREAM)
            for x, y in ((60, 40), (74, 32), (90, 33), (102, 41), (82, 44), (68, 48), (96, 48))
        ),
        *(circle(x, y, 4, "#f6d98a") for x, y in ((62, 42), (78, 34), (94, 37), (84, 46))),
        shape("M52 48H110L102 102H60Z", RED),
        shape("M62 48H73L74 102H67Z", CREAM),
        shape("M89 48H100L95 102H88Z", CREAM),
    ],
    "strawberry-tart": [
        shape("M36 66H124L114 92Q112 96 108 96H52Q48 96 46 92Z", "#d79a52"),
        *(box(44 + 13 * i, 70, 6, 22, "#c08240", 3) for i in range(6)),
        oval(80, 66, 46, 9, "#f4d9a6"),
        *(
            shape(f"M{x} {y}q-12 0 -11 -13q1 -9 11 -9q10 0 11 9q1 13 -11 13Z", RED)
            for x, y in ((58, 66), (80, 62), (102, 66))
        ),
        *(shape(f"M{x - 7} {y}q7 -8 14 0q-7 5 -14 0Z", GREEN) for x, y in ((58, 44), (80, 40), (102, 44))),
        *(
            circle(x, y, 1.4, "#ffe9a8")
            for x, y in ((54, 52), (62, 56), (76, 48), (84, 53), (98, 52), (106, 57))
        ),
    ],
    "honey-nuts": [
        box(56, 26, 48, 12, GOLD, 4),
        box(52, 38, 56, 62, "#f7d58a", 12),
        *(
            shape(f"M{x} {y}q9 -10 14 2q-6 10 -14 -2Z", c)
            for x, y, c in (
                (60, 60, WOOD),
                (78, 54, BROWN),
                (90, 66, WOOD),
                (66, 76, BROWN),
                (82, 84, WOOD),
                (92, 48, WOOD),
            )
        ),
        box(58, 44, 6, 46, "#ffffff88", 3),
    ],
    "camomile-tea": [
        box(46, 50, 58, 46, "#8fb996", 6),
        box(46, 50, 58, 10, GREEN, 5),
        *(
            oval(75 + 11 * dx, 76 + 11 * dy, 6.5, 6.5, CREAM)
            for dx, dy in ((1, 0), (0.5, 0.87), (-0.5, 0.87), (-1, 0), (-0.5, -0.87), (0.5, -0.87))
        ),
        circle(75, 76, 7, GOLD),
        stroke("M100 50Q112 30 120 44", INK, 2),
        box(114, 44, 14, 16, CREAM, 2),
        circle(121, 52, 3, GREEN),
    ],
    "espresso-beans": [
        shape("M50 34H110L114 100H46Z", COCOA),
        shape("M50 34L56 22H104L110 34Z", BROWN),
        box(62, 50, 36, 34, CREAM, 4),
        *(
            turned(0, oval(x, y, 8, 11, BROWN), stroke(f"M{x} {y - 9}q-4 9 0 18", CREAM, 2))
            for x, y in ((73, 67), (89, 67))
        ),
    ],
    "cocoa": [
        shape("M50 50H102V82Q102 98 86 98H66Q50 98 50 82Z", RED),
        stroke("M102 58q18 0 16 14q-2 12 -17 12", RED, 7),
        oval(76, 50, 26, 7, COCOA),
        circle(68, 47, 6, CREAM),
        circle(80, 46, 7, CREAM),
        stroke("M64 36q-6 -8 0 -14M78 34q-6 -8 0 -14M92 36q-6 -8 0 -14", STEEL, 3),
    ],
    "teapot": [
        stroke("M112 54q20 0 16 18q-3 12 -20 12", NAVY, 7),
        shape("M50 66L26 46L34 42L58 56Z", NAVY),
        circle(82, 68, 32, BLUE),
        oval(82, 40, 20, 6, NAVY),
        circle(82, 32, 5, GOLD),
        *(circle(x, 70, 4, CREAM) for x in (62, 75, 88, 101)),
        box(66, 97, 32, 5, NAVY),
    ],
    "travel-mug": [
        box(60, 22, 40, 12, INK, 5),
        box(72, 16, 16, 8, INK, 3),
        shape("M58 34H102L96 102H64Z", TEAL),
        shape("M60 54H100L98 78H62Z", CREAM),
        shape("M80 58q9 6 0 16q-9 -10 0 -16Z", TEAL),
    ],
    "iced-tea": [
        box(72, 16, 16, 10, GOLD, 2),
        shape("M72 26H88V40Q104 48 104 62V98Q104 104 98 104H62Q56 104 56 98V62Q56 48 72 40Z", "#f4b26a"),
        box(60, 62, 40, 26, CREAM, 3),
        circle(80, 75, 9, ORANGE),
        shape("M80 66q8 -8 12 0q-6 6 -12 0Z", GREEN),
        box(64, 48, 10, 10, "#ffffff99", 2),
        box(82, 46, 10, 10, "#ffffff77", 2),
    ],
    "adventure-novel": book(
        TEAL,
        shape("M62 74Q82 84 98 74L94 80Q80 88 66 80Z", WOOD),
        stroke("M80 74V42", CREAM, 3),
        shape("M83 42Q100 52 96 68H83Z", CREAM),
        shape("M77 48Q66 58 66 68H77Z", "#f3e3c8"),
        stroke("M60 86q5 -4 10 0t10 0t10 0t10 0", CREAM, 2),
    ),
    "poetry": book(
        PINK,
        stroke("M92 38Q70 50 68 78", CREAM, 3),
        shape("M94 34Q72 38 70 66Q90 62 94 34Z", CREAM),
        stroke("M64 84H96", CREAM, 2),
    ),
    "star-atlas": book(
        NAVY,
        star(70, 42, 8, GOLD),
        star(94, 50, 5, CREAM),
        star(78, 70, 6, CREAM),
        star(96, 80, 8, GOLD),
        stroke("M70 42L94 50L78 70L96 80", "#ffffff66", 1.5),
    ),
    "cook-book": book(
        ORANGE,
        circle(80, 56, 17, INK),
        circle(80, 56, 13, "#4a5066"),
        box(94, 53, 12, 6, INK, 3),
        oval(79, 56, 8, 6, CREAM),
        circle(79, 56, 3.5, GOLD),
        stroke("M66 82H96", CREAM, 3),
    ),
    "puzzle-book": book(
        VIOLET,
        *(
            box(64 + 12 * (i % 3), 38 + 12 * (i // 3), 11, 11, CREAM if i in (0, 2, 4, 7) else "#5e469b", 1)
            for i in range(9)
        ),
        stroke("M66 84H94", GOLD, 3),
    ),
    "sketch-book": [
        box(48, 24, 60, 76, INK, 4),
        box(54, 24, 54, 76, CREAM, 3),
        *(circle(50, 32 + 10 * i, 2.6, STEEL) for i in range(7)),
        stroke("M64 80Q74 50 84 66T98 50", BLUE, 3),
        turned(
            35,
            box(98, 20, 8, 52, GOLD, 1),
            shape("M98 72H106L102 84Z", CREAM),
            shape("M100.500 79H103.500L102 84Z", INK),
        ),
    ],
    "board-game": [
        shape("M34 66L80 42L126 66L80 92Z", GREEN),
        shape("M34 66L80 92V100L34 74Z", "#44714f"),
        shape("M126 66L80 92V100L126 74Z", "#3a6244"),
        stroke("M57 54L103 79M57 79L103 54", CREAM, 2),
        *(
            shape(f"M{x - 7} {y}h14l-4 -14h-6Z", c) + circle(x, y - 18, 6, c)
            for x, y, c in ((62, 68, RED), (96, 66, BLUE), (80, 84, GOLD))
        ),
    ],
    "kite": [
        shape("M92 14L120 46L84 84L62 40Z", RED),
        shape("M92 14L120 46L88 48Z", GOLD),
        shape("M62 40L88 48L84 84Z", ORANGE),
        shape("M120 46L88 48L84 84Z", BLUE),
        stroke("M84 84q-10 10 -20 6t-22 12", INK, 2),
        shape("M66 88l-8 -5v10Z M66 88l8 -5v10Z", TEAL),
        shape("M50 97l-7 -6v10Z M50 97l8 -4v10Z", VIOLET),
    ],
    "juggling-balls": [
        stroke("M40 84Q80 -14 120 84", "#ffffffcc", 3),
        circle(46, 78, 17, RED),
        shape("M32 70q14 8 28 0M46 61", RED),
        stroke("M31 72q15 10 30 0", CREAM, 3),
        circle(80, 38, 17, GOLD),
        stroke("M65 32q15 10 30 0", CREAM, 3),
        circle(114, 78, 17, BLUE),
        stroke("M99 72q15 10 30 0", CREAM, 3),
    ],
    "jigsaw": [
        shape(
            "M40 36H74q-4 14 6 14t6 -14H120V68q-14 -4 -14 6t14 6V98H86q4 -12 -6 -12t-6 12H40V80q12 4 12 -6t-12 -6Z",
            LEAF,
        ),
        shape("M86 36H120V68q-14 -4 -14 6t14 6V98H86q4 -12 -6 -12V50q10 0 6 -14Z", ORANGE),
        shape("M50 62l8 -16l8 16Z M58 74l8 -16l8 16Z", GREEN),
        shape("M96 60l7 -13l7 13Z", RED),
    ],
    "magic-set": [
        oval(80, 86, 44, 8, INK),
        box(54, 38, 52, 48, INK, 3),
        oval(80, 38, 26, 6, "#474d66"),
        box(54, 68, 52, 9, VIOLET, 0),
        turned(24, box(92, 6, 5, 50, INK, 1), box(92, 6, 5, 9, CREAM, 1)),
        star(66, 24, 9, GOLD),
        star(88, 14, 5, GOLD),
        star(50, 14, 5, PINK),
    ],
    "yo-yo": [
        stroke("M80 8V46", INK, 2),
        circle(80, 70, 32, WOOD),
        circle(80, 70, 25, "#d09a5c"),
        circle(80, 70, 15, RED),
        star(80, 70, 10, CREAM),
    ],
    "wool-blanket": [
        shape("M34 44Q80 30 126 44V92Q80 78 34 92Z", "#c85d5d"),
        *(shape(f"M{34 + 23 * i} {42 - (3 if i in (1, 2, 3) else 0)}h9v46h-9Z", "#e9b8a6") for i in range(4)),
        stroke("M34 60Q80 46 126 60M34 76Q80 62 126 76", CREAM, 4),
        *(
            stroke(f"M{38 + 8 * i} {92 - 6 * (1 - ((i - 5.5) / 5.5) ** 2):.1f}v9", "#c85d5d", 2.5)
            for i in range(12)
        ),
    ],
    "candle": [
        oval(80, 96, 34, 8, STEEL),
        box(64, 50, 32, 46, "#f3cd7a", 4),
        oval(80, 50, 16, 5, "#fae3a9"),
        stroke("M80 50V42", INK, 2.5),
        shape("M80 14Q94 32 80 44Q66 32 80 14Z", ORANGE),
        shape("M80 26Q86 35 80 42Q74 35 80 26Z", "#ffe9a8"),
    ],
    "table-lamp": [
        circle(80, 46, 36, "#fff1c4"),
        shape("M62 24H98L112 58H48Z", GOLD),
        shape("M62 24H72L66 58H48Z", "#e09f2d"),
        stroke("M80 58V92", BROWN, 6),
        box(60, 92, 40, 8, BROWN, 4),
    ],
    "cushion": [
        shape("M38 34Q80 44 122 34Q112 62 122 96Q80 86 38 96Q48 62 38 34Z", TEAL),
        shape("M50 45Q80 52 110 45Q104 62 110 85Q80 78 50 85Q56 62 50 45Z", "#54b8ab"),
        circle(80, 65, 5, CREAM),
        stroke("M80 65L62 54M80 65L98 54M80 65L62 77M80 65L98 77", "#2a9d8f", 2),
    ],
    "slippers": [
        *(
            shape(f"M{x} 40q18 -8 24 8q4 16 2 34q-2 16 -14 16t-14 -16Q{x - 4} 56 {x} 40Z", "#8d93a6")
            + shape(f"M{x - 1} 44q16 -8 25 4q4 12 2 22q-14 -10 -28 0Z", "#6d7388")
            + oval(x + 12, 80, 8, 11, CREAM)
            for x in (46, 88)
        ),
    ],
    "house-plant": [
        shape("M80 74Q50 66 46 38Q74 38 80 74Z", GREEN),
        shape("M80 74Q110 66 114 34Q86 36 80 74Z", LEAF),
        shape("M80 74Q66 46 80 14Q96 44 80 74Z", "#4b7f57"),
        stroke("M80 74V30M80 74Q66 60 54 46M80 74Q96 58 106 43", "#ffffff55", 2),
        shape("M58 74H102L96 104H64Z", ORANGE),
        box(54, 70, 52, 10, "#d06d22", 3),
    ],
    "skipping-rope": [
        stroke("M52 56Q30 108 80 100T108 56", RED, 5),
        turned(-12, box(46, 16, 13, 42, WOOD, 6), box(46, 48, 13, 5, INK, 1)),
        turned(12, box(101, 16, 13, 42, WOOD, 6), box(101, 48, 13, 5, INK, 1)),
    ],
    "yoga-mat": [
        shape("M58 84L112 40L132 60L76 104Z", "#9b86d8"),
        circle(60, 86, 24, VIOLET),
        circle(60, 86, 17, "#a994e0"),
        circle(60, 86, 10, VIOLET),
        circle(60, 86, 4, CREAM),
        stroke("M96 53l20 20", CREAM, 4),
    ],
    "stress-ball": [
        circle(80, 60, 36, GOLD),
        shape("M46 48Q58 40 62 56T48 76Q40 62 46 48Z", "#dd9c28"),
        circle(68, 54, 4.5, INK),
        circle(94, 54, 4.5, INK),
        stroke("M68 76q6 -5 12 0t13 0", INK, 4),
        stroke("M60 44l11 4M102 44l-11 4", INK, 4),
        stroke("M126 40l8 -5M128 60h10M126 80l8 5", ORANGE, 3),
    ],
    "running-shoes": [
        shape("M34 80V50q0 -5 6 -4q14 6 22 -8q2 -4 6 -2L96 58Q128 62 128 80Z", BLUE),
        box(32, 80, 98, 12, CREAM, 6),
        box(32, 88, 98, 6, ORANGE, 3),
        stroke("M70 44l-8 10M79 50l-8 9M88 56l-8 9", CREAM, 3.5),
        shape("M40 66Q60 80 88 72L84 78H40Z", GOLD),
    ],
    "bicycle-bell": [
        box(28, 86, 104, 11, INK, 5),
        box(72, 76, 16, 14, STEEL, 3),
        shape("M46 76Q46 36 80 36T114 76Z", GOLD),
        shape("M54 72Q56 46 76 42Q62 52 62 72Z", "#fbe1a0"),
        circle(80, 34, 5, "#c98d20"),
        stroke("M118 40q8 -2 10 -10M124 52q10 0 14 -8", ORANGE, 3),
    ],
    "water-bottle": [
        box(70, 14, 20, 12, INK, 4),
        box(64, 26, 32, 8, STEEL, 2),
        box(58, 34, 44, 70, TEAL, 12),
        shape("M80 50Q94 68 88 78Q80 88 72 78Q66 68 80 50Z", CREAM),
        box(63, 42, 5, 52, "#ffffff66", 2),
    ],
    "headphones": [
        stroke("M44 74V62Q44 24 80 24T116 62V74", INK, 8),
        box(36, 64, 20, 36, VIOLET, 9),
        box(104, 64, 20, 36, VIOLET, 9),
        box(52, 68, 8, 28, INK, 4),
        box(100, 68, 8, 28, INK, 4),
    ],
    "ukulele": [
        turned(
            38,
            box(76, -6, 8, 62, BROWN, 2),
            box(72, -14, 16, 16, COCOA, 3),
            circle(80, 60, 17, ORANGE),
            circle(80, 84, 24, ORANGE),
            circle(80, 70, 8, COCOA),
            box(70, 92, 20, 5, COCOA, 1),
            stroke("M77 2V94M80 2V94M83 2V94", CREAM, 1),
        )
    ],
    "record": [
        box(34, 24, 66, 74, BLUE, 3),
        *(stroke(f"M{44 + 14 * i} {36 + 8 * (i % 2)}v12", "#cfe0f5", 3) for i in range(4)),
        *(stroke(f"M{50 + 14 * i} {66 + 8 * (i % 2)}v12", "#cfe0f5", 3) for i in range(3)),
        circle(100, 62, 33, INK),
        circle(100, 62, 25, "#3b4056"),
        circle(100, 62, 18, INK),
        circle(100, 62, 10, RED),
        circle(100, 62, 2.5, CREAM),
    ],
    "radio": [
        stroke("M104 42L122 14", STEEL, 3),
        box(30, 42, 100, 58, "#c0513f", 8),
        circle(60, 71, 20, COCOA),
        *(stroke(f"M{46 + 7 * i} 60v22", "#c79a7a", 2) for i in range(5)),
        box(88, 54, 34, 14, CREAM, 2),
        stroke("M104 54v14", RED, 2),
        circle(95, 84, 7, GOLD),
        circle(115, 84, 7, GOLD),
    ],
    "drum-pad": [
        oval(80, 82, 46, 18, INK),
        oval(80, 76, 46, 18, "#4a5066"),
        oval(80, 75, 32, 12, TEAL),
        stroke("M44 22L78 70", WOOD, 5),
        circle(78, 70, 5, "#d09a5c"),
        stroke("M122 20L90 66", WOOD, 5),
        circle(90, 66, 5, "#d09a5c"),
    ],
    "music-box": [
        box(40, 56, 72, 44, WOOD, 4),
        box(46, 62, 60, 32, "#d09a5c", 3),
        shape("M40 56L50 30H102L112 56Z", BROWN),
        stroke("M112 76h12v-14", STEEL, 4),
        circle(124, 60, 5, RED),
        stroke("M66 84V70l16 -4v14", INK, 3),
        circle(62, 84, 4.500, INK),
        circle(78, 80, 4.500, INK),
        stroke("M60 22v-8l8 -2M92 20v-10l8 -2", VIOLET, 3),
    ],
    "balloons": [
        stroke("M58 60Q66 84 80 106M80 52V106M102 60Q94 84 80 106", INK, 1.8),
        oval(56, 44, 18, 22, RED),
        oval(104, 44, 18, 22, BLUE),
        oval(80, 34, 19, 23, GOLD),
        oval(73, 26, 4, 7, "#ffffff88"),
        oval(50, 37, 4, 7, "#ffffff88"),
        oval(98, 37, 4, 7, "#ffffff88"),
    ],
    "confetti": [
        shape("M34 104L62 52L88 78Z", VIOLET),
        shape("M41 92L50 73L68 88L57 94Z", GOLD),
        *(
            turned(angle, box(x, y, 9, 5, colour, 1))
            for x, y, angle, colour in (
                (78, 40, 20, RED),
                (92, 34, -35, BLUE),
                (104, 52, 10, GOLD),
                (86, 58, 50, TEAL),
                (112, 34, 65, PINK),
                (70, 24, -15, ORANGE),
                (98, 70, -20, VIOLET),
                (116, 68, 30, GREEN),
                (90, 16, 45, GOLD),
            )
        ),
        stroke("M76 54q10 -14 4 -26M92 62q16 -6 22 -24", PINK, 3),
    ],
    "bouquet": [
        stroke("M80 96L56 40M80 96L80 34M80 96L104 40M80 96L68 48M80 96L94 48", GREEN, 3),
        *(
            shape(f"M{x - 10} {y - 8}l5 5l5 -8l5 8l5 -5v12q-2 9 -10 9t-10 -9Z", c)
            for x, y, c in (
                (54, 36, RED),
                (80, 28, PINK),
                (106, 36, GOLD),
                (66, 52, ORANGE),
                (94, 52, VIOLET),
            )
        ),
        shape("M58 66L102 66L86 106H74Z", "#f2dfc8"),
        shape("M58 66L80 74L74 106Z", CREAM),
        box(70, 86, 20, 5, RED, 2),
    ],
    "greeting-cards": [
        turned(-10, box(40, 40, 62, 46, BLUE, 3), box(44, 44, 54, 38, "#dbe8f8", 2)),
        turned(
            7,
            box(54, 42, 66, 48, CREAM, 3),
            shape("M54 45L87 72L120 45V42H54Z", "#f0e0c4"),
            shape("M87 80q-12 -9 -9 -16q4 -6 9 0q5 -6 9 0q3 7 -9 16Z", RED),
        ),
    ],
    "surprise-box": [
        box(44, 58, 72, 44, TEAL, 3),
        turned(-10, box(40, 40, 80, 15, "#238277", 3)),
        box(74, 58, 12, 44, GOLD, 0),
        shape("M88 96", INK),
        stroke("M92 88q-2 -8 4 -10q8 -3 6 -9q-3 -6 -10 -2", CREAM, 0.01),
        star(66, 22, 9, GOLD),
        star(96, 16, 6, PINK),
        star(114, 30, 5, RED),
        stroke("M80 50q-4 -14 2 -24", VIOLET, 3),
        stroke("M56 70q0 -6 5 -6t5 5q0 3 -4 5v4", CREAM, 3),
        circle(62, 86, 2, CREAM),
    ],
    "photo-frame": [
        box(42, 22, 76, 80, WOOD, 4),
        box(42, 22, 76, 6, "#d09a5c", 3),
        box(51, 31, 58, 62, CREAM, 2),
        box(56, 36, 48, 52, "#bfe0f2", 1),
        circle(92, 48, 7, GOLD),
        shape("M56 88V74L72 56L86 72L94 64L104 76V88Z", GREEN),
    ],
}


def picture(product: str, category: str) -> str:
    """The whole SVG of one product."""
    ground, halo = GROUNDS[category]
    body = "".join(DRAWINGS[product])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 120" width="320" height="240">'
        f'<rect width="160" height="120" fill="{ground}"/><circle cx="80" cy="62" r="50" fill="{halo}"/>'
        f'<ellipse cx="80" cy="106" rx="42" ry="4" fill="#00000014"/>{body}</svg>\n'
    )


def icon() -> str:
    """The icon of the browser's tab: a cut stone that smiles."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
        + shape("M18 8H46L60 26L32 58L4 26Z", "#2f6f5e")
        + shape("M18 8L32 26L46 8Z", "#6cc3a6")
        + shape("M4 26H32L18 8Z", "#4b9a82")
        + shape("M60 26H32L46 8Z", "#3d8571")
        + circle(24, 31, 3.2, CREAM)
        + circle(40, 31, 3.2, CREAM)
        + stroke("M24 40Q32 47 40 40", CREAM, 3.4)
        + "</svg>\n"
    )


def main() -> None:
    """Write the icon, and one picture a row of products.csv."""
    (FOLDER / "icon.svg").write_text(icon(), encoding="utf-8")
    with (FOLDER / "products.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            drawing = picture(row["id"], row["category"])
            (FOLDER / "pictures" / row["picture"]).write_text(drawing, encoding="utf-8")


if __name__ == "__main__":
    main()
