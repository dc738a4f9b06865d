"""Kinds by content: everything taken in, everything refused, whatever the name says."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import samples
from shortdrama.assets.ports import FileKind
from shortdrama.errors import UnsupportedFile
from shortdrama.media import kinds


def sniff_file(path: Path, name: str | None = None) -> FileKind:
    return kinds.sniff(path.read_bytes()[: kinds.HEAD_BYTES], name or path.name)


@pytest.mark.parametrize(
    "kind", [kinds.JPEG, kinds.PNG, kinds.WEBP, kinds.AVIF, kinds.GIF, kinds.HEIC]
)
def test_knows_pictures(tmp_path: Path, kind: FileKind) -> None:
    path = samples.make_picture(tmp_path / f"picture{kind.suffix}")
    assert sniff_file(path, "wrong.mp4") == kind


@pytest.mark.parametrize("kind", [kinds.MP4, kinds.MOV, kinds.WEBM])
def test_knows_videos(tmp_path: Path, kind: FileKind) -> None:
    path = samples.make_clip(tmp_path / f"clip{kind.suffix}", seconds=0.2)
    assert sniff_file(path, "wrong.png") == kind


@pytest.mark.parametrize("kind", [kinds.WAV, kinds.MP3, kinds.M4A, kinds.OGG])
def test_knows_sounds(tmp_path: Path, kind: FileKind) -> None:
    path = samples.make_sound(tmp_path / f"sound{kind.suffix}", seconds=0.2)
    assert sniff_file(path, "wrong.txt") == kind


def test_knows_a_bare_mp3_and_one_with_a_cover(tmp_path: Path) -> None:
    assert kinds.sniff(b"\xff\xfb\x90\x64" + bytes(400), "a") == kinds.MP3
    path = samples.make_sound(tmp_path / "song.mp3", seconds=0.2)
    assert sniff_file(samples.add_cover(path)) == kinds.MP3


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"INT. KITCHEN - NIGHT\n", "scene.txt", kinds.PLAIN_TEXT),
        (b"INT. KITCHEN - NIGHT\n", "scene", kinds.PLAIN_TEXT),
        (b"INT. KITCHEN - NIGHT\n", "SCENE.Fountain", kinds.FOUNTAIN),
        (b"# One\n", "one.md", kinds.MARKDOWN),
        (b"<div align=center>\n# One\n", "one.md", kinds.MARKDOWN),
        ("第一集：雨夜".encode(), "第一集.txt", kinds.PLAIN_TEXT),
        ("第一集：雨夜".encode("utf-16"), "第一集.txt", kinds.PLAIN_TEXT),
        ("第一集：雨夜".encode("gb18030"), "第一集.txt", kinds.PLAIN_TEXT),
        ("第一集：雨夜".encode("gbk"), "第一集.fountain", kinds.FOUNTAIN),
        ("第一集：這是雨夜".encode("big5"), "第一集.md", kinds.MARKDOWN),
        ("雨の夜のこと。".encode("cp932"), "雨.txt", kinds.PLAIN_TEXT),
        (("雨夜里的人，" * 900).encode("gb18030")[:4096], "long.txt", kinds.PLAIN_TEXT),
        ("plain words".encode("utf-16-le"), "w.txt", kinds.PLAIN_TEXT),
        (b"\xef\xbb\xbfwith a mark", "bom.txt", kinds.PLAIN_TEXT),
        (b"RIFF RAFF\nGIF? No. 8BPS is not MZ.", "riff.txt", kinds.PLAIN_TEXT),
        (b"ID3 IS A TAG\n", "tag.txt", kinds.PLAIN_TEXT),
        (b"BMX, MZ, DDS and FORM\n", "letters.txt", kinds.PLAIN_TEXT),
        (b"%PDF-1.7\n", "wrong.jpg", kinds.PDF),
        (("雨" * 3000).encode()[:4096], "cut inside a character.txt", kinds.PLAIN_TEXT),
    ],
)
def test_knows_scripts(data: bytes, name: str, kind: FileKind) -> None:
    assert kinds.sniff(data, name) == kind


def make_tar() -> bytes:
    return b"a.txt" + bytes(252) + b"ustar\0" + bytes(249)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\t ", "blank"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg/>', "SVG"),
        ('<?xml version="1.0" encoding="utf-16"?><svg/>'.encode("utf-16"), "SVG"),
        (b"<!DOCTYPE html><title>403</title>", "web page"),
        (b"\xef\xbb\xbf\n  <HTML>", "web page"),
        (b"<script>alert(1)</script>", "web page"),
        (b"<img src=x onerror=alert(1)>", "web page"),
        (b'<?xml version="1.0"?><FinalDraft>', "Final Draft"),
        (b'<?xml version="1.0"?><feed/>', "XML"),
        (b"8BPS\0\1" + bytes(20), "Photoshop"),
        (b"II*\0" + bytes(20), "TIFF"),
        (b"MM\0*" + bytes(20), "TIFF"),
        (b"BM" + struct.pack("<IHHI", 100, 0, 0, 54) + bytes(20), "BMP"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "raw picture"),
        (b"\0\0\0\x18ftyp3gp4\0\0\0\1isom3gp4", "3GP"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI"),
        (b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", "MKV"),
        (b"OggS\0\2" + bytes(22) + b"\x80theora", "Theora"),
        (b"fLaC\0\0\0\x22", "FLAC"),
        (b"ID3\4\0\0\0\0\0\2xxfLaC", "FLAC"),
        (b"FORM\0\0\0\0AIFF", "AIFF"),
        (b"\xff\xf1\x50\x80", "AAC"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
        ((b"\x47\x40\0\x10" + bytes(184)) * 3, "transport stream"),
        (b"MZ\x90\0" + bytes(60), "program"),
        (b"\x7fELF\2\1", "program"),
        (b"#!/bin/sh\nrm -rf /\n", "program"),
        (b"\x1f\x8b\x08", "archive"),
        (make_tar(), "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
        (b"{\\rtf1\\ansi", "RTF"),
        ("雨夜里的人".encode("gb18030"), "holds text"),
        ("Crème brûlée, crêpe".encode("cp1252"), "UTF-8"),
        (bytes(range(256)), "does not know"),
        ("雨夜里的人".encode("gb18030") + b"\0\1\2", "does not know"),
        ("<html>雨夜</html>".encode("gb18030"), "web page"),
        (b"text with a \0 in it", "does not know"),
    ],
)
def test_refuses_in_words(data: bytes, words: str) -> None:
    with pytest.raises(UnsupportedFile) as caught:
        kinds.sniff(data, "poster.png")
    assert words in caught.value.message
    assert caught.value.message.startswith("“poster.png” ")
    assert caught.value.message.endswith(".")


def test_names_what_a_zip_holds(tmp_path: Path) -> None:
    zipped = samples.make_zip(tmp_path / "photo.png")
    with pytest.raises(UnsupportedFile, match="ZIP archive"):
        sniff_file(zipped)
    document = samples.make_zip(tmp_path / "script.txt", "[Content_Types].xml", "word/doc.xml")
    with pytest.raises(UnsupportedFile, match="Word document"):
        sniff_file(document)


def test_says_what_to_do_with_a_photoshop_file() -> None:
    with pytest.raises(UnsupportedFile) as caught:
        kinds.sniff(b"8BPS\0\1", "poster.psd")
    expected = "“poster.psd” is a Photoshop file. Save it as PNG or JPEG and drop it again."
    assert caught.value.message == expected


@pytest.mark.parametrize("name", ["error.mp4", "error.png", "ERROR.PDF"])
def test_text_with_the_name_of_media_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedFile, match="holds text"):
        kinds.sniff(b'{"error": "not found"}', name)


@pytest.mark.parametrize("name", ["data.json", "run.py", "style.css"])
def test_data_and_programs_are_no_scripts(name: str) -> None:
    with pytest.raises(UnsupportedFile, match="txt, md, fountain or pdf"):
        kinds.sniff(b"a = 1", name)


@pytest.mark.parametrize(
    ("polyglot", "kind"),
    [
        (b"GIF89a/*" + bytes(10) + b"*/=1;alert(1)", kinds.GIF),
        (b"\xff\xd8\xff\xe0" + b"%PDF-1.4 PK\3\4", kinds.JPEG),
        (b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>", kinds.PNG),
    ],
)
def test_a_polyglot_is_what_it_begins_with(polyglot: bytes, kind: FileKind) -> None:
    assert kinds.sniff(polyglot, "x.html") == kind


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\poster.psd", "poster.psd"),
        ("a\u202egnp.exe\n\0", "agnp.exe"),
        ("", "This file"),
        ("/", "This file"),
    ],
)
def test_strange_names_are_made_speakable(name: str, spoken: str) -> None:
    assert kinds.speakable_name(name) == spoken


def test_long_names_are_shortened() -> None:
    spoken = kinds.speakable_name("x" * 400 + ".psd")
    assert len(spoken) == 60
    assert spoken.endswith(".psd")


@given(st.binary(max_size=5000), st.text(max_size=50))
def test_any_bytes_are_a_kind_or_a_sentence(head: bytes, name: str) -> None:
    found = kinds.identify(head, name)
    assert isinstance(found, FileKind) or found.advice.endswith(".")
    assert len(kinds.speakable_name(name)) <= 60
