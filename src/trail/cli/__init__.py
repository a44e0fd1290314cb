"""
The command ``trail``.

One file for each command; a command imports what it needs when it runs, so that ``trail verify`` on an evidence file
loads neither the database nor the engine.  Exit codes (``docs/cli.md``):

====  ============================================================================================================
code  meaning
====  ============================================================================================================
0     done; for ``verify``: *intact*, and nothing else
1     *altered*: something was found that admits no honest explanation
2     usage: arguments, or a file that the caller brings (policy, known checkpoint, acts, key), can't be used
3     it could not be judged or finished: *inconclusive*, a failure of disk or database, an interruption
====  ============================================================================================================
"""

from trail.cli.app import main

__all__ = ["main"]
