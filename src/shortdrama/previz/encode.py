"""The ffmpeg child: raw frames and a sound file in, one finished MP4 out, or nothing."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shortdrama.errors import SetupProblem, StorageFull

FPS = 30
SAMPLE_RATE = 48_000


@dataclass(frozen=True, slots=True)
class EncodeRequest:
    """`workshop` is a private folder that holds `sound.wav`, `captions.ass` and `fonts.conf`."""

    width: int
    height: int
    frame_count: int
    workshop: Path
    destination: Path
    limit_s: float


def encode_clip(request: EncodeRequest, frames: Iterable[bytes | memoryview]) -> None:
    """Write the clip to `destination`, whole or not at all. Blocks until it stands on disk.

    Frames are planar yuv420p, BT.709 limited range, `frame_count` of them.

    Raises:
        SetupProblem: ffmpeg is missing, failed or took longer than `limit_s`.
        StorageFull: the disk took no more.
    """
    part = request.destination.with_name(request.destination.name + ".part")
    log = request.workshop / "ffmpeg.log"
    try:
        _run(request, frames, part, log)
        part.replace(request.destination)
    finally:
        part.unlink(missing_ok=True)


def _run(
    request: EncodeRequest, frames: Iterable[bytes | memoryview], part: Path, log: Path
) -> None:
    with log.open("wb") as stderr:
        child = _start(request, part, stderr.fileno())
        has_overrun = threading.Event()
        watch = threading.Timer(request.limit_s, _stop_late, (child, has_overrun))
        watch.daemon = True
        watch.start()
        try:
            _feed(child, frames)
            code = child.wait()
        finally:
            watch.cancel()
            _reap(child)
    if has_overrun.is_set():
        raise SetupProblem(
            "Rendering took longer than %(limit)s s and was stopped. "
            "Try a shorter or smaller clip, or wait until the machine is less busy.",
            limit=f"{request.limit_s:.0f}",
        )
    if code != 0:
        raise _explain(code, log)
    _flush(part)


def _start(request: EncodeRequest, part: Path, stderr: int) -> subprocess.Popen[bytes]:
    import imageio_ffmpeg

    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(request.workshop),
        # Without it libass falls back to whatever fonts the host has.
        "FONTCONFIG_FILE": str(request.workshop / "fonts.conf"),
        "LC_ALL": "C",
    }
    try:
        return subprocess.Popen(
            [imageio_ffmpeg.get_ffmpeg_exe(), *_arguments(request, part)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            cwd=request.workshop,
            env=environment,
        )
    except (OSError, RuntimeError) as error:
        raise SetupProblem(
            "The video encoder could not be started. Install the package imageio-ffmpeg again, "
            "or set IMAGEIO_FFMPEG_EXE to an ffmpeg program."
        ) from error


def _arguments(request: EncodeRequest, part: Path) -> list[str]:
    """One thread and bitexact flags: x264 with two threads gives another file every time."""
    bt709 = "range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    return [
        *("-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{request.width}x{request.height}"),
        *("-framerate", str(FPS), "-color_range", "tv", "-colorspace", "bt709"),
        *("-i", "pipe:0", "-i", "sound.wav"),
        # The path has no folder and no odd letter, so nothing in it needs escaping.
        *("-vf", f"subtitles=f=captions.ass,format=yuv420p,setparams={bt709},setsar=1"),
        *("-map", "0:v:0", "-map", "1:a:0", "-frames:v", str(request.frame_count)),
        *("-c:v", "libx264", "-preset", "superfast", "-crf", "21", "-profile:v", "high"),
        *("-threads:v", "1", "-filter_threads", "1", "-g", "60", "-flags:v", "+bitexact"),
        *("-color_range", "tv", "-colorspace", "bt709"),
        *("-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-c:a", "aac", "-b:a", "128k", "-threads:a", "1", "-flags:a", "+bitexact"),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-video_track_timescale", "15360"),
        *("-movflags", "+faststart", "-f", "mp4", str(part)),
    ]


def _feed(child: subprocess.Popen[bytes], frames: Iterable[bytes | memoryview]) -> None:
    if child.stdin is None:
        raise AssertionError("the encoder was started without a pipe")
    _widen_pipe(child.stdin.fileno())
    try:
        for frame in frames:
            child.stdin.write(frame)
        child.stdin.close()
    except BrokenPipeError:
        child.wait()  # its own words say why; they are read by the caller


def _widen_pipe(descriptor: int) -> None:
    """A frame is a megabyte and Linux pipes start at 64 KiB; fewer switches, less waiting."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 1 << 20)
    except (ImportError, AttributeError, OSError):
        return  # other systems, or a lower limit: it works, a little slower


def _reap(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.kill()
    if child.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
    child.wait()


def _stop_late(child: subprocess.Popen[bytes], has_overrun: threading.Event) -> None:
    has_overrun.set()
    child.kill()


def _explain(code: int, log: Path) -> Exception:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    last = lines[-1].strip()[:300] if lines else f"no message, exit code {code}"
    if any("No space left on device" in line for line in lines):
        return StorageFull("The disk is full, so the clip was not made. Free some space and retry.")
    return SetupProblem("The video encoder failed: %(reason)s", reason=last)


def _flush(path: Path) -> None:
    """A file called ready must survive a power cut."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
