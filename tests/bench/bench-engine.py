#!/usr/bin/env python3
"""The engine from end to end: simulated model without latency, verifier numeric, every row durable.

Usage: bench-engine.py VERVET BENCH-WRITER. Prints samples/s beside the writer alone on as many rows in the same run, and
the peak of memory at 10^5 and 10^6 samples; fails below 20,000 samples/s or above 100 MB.
"""
import os
import re
import subprocess
import sys
import tempfile
import time


def measure(command):
    """Wall seconds and peak memory of one process, its children apart."""
    begin = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0), (os.POSIX_SPAWN_OPEN, 2, '/dev/null', os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit('%s failed with status %d' % (' '.join(command), status))
    return time.monotonic() - begin, usage.ru_maxrss / 1024


def main(vervet, bench_writer):
    failed = False
    out = subprocess.run([bench_writer, '200000'], capture_output=True, text=True, check=False).stdout
    alone = float(re.search(r'writer +([0-9]+) samples/s', out).group(1))
    with tempfile.TemporaryDirectory(dir=os.environ.get('TMPDIR', '/tmp')) as folder:
        for samples in (100000, 1000000):
            path = os.path.join(folder, '%d.vervet' % samples)
            seconds, peak = measure([vervet, 'run', '-q', '-o', path, '--benchmark', 'simulated', '--problems', '100', '--samples',
                                     str(samples // 100), '--model', 'simulated', '--verifier', 'numeric'])
            rate = samples / seconds
            print('%8d samples  %7.0f samples/s  ratio to the writer alone %.2f  peak %5.1f MB  %5.1f bytes a sample'
                  % (samples, rate, rate / alone, peak, os.path.getsize(path) / samples))
            failed = failed or rate < 20000 or peak > 100
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
