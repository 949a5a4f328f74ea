"""A file system over a folder that shows files as Apple's virtiofs does, to be mounted by tests: `looker_fs.py FOLDER MOUNT SECONDS`.

Every file belongs to whoever looks, and what is made belongs to the one who serves the folder. The kernel decides by these owners who may
do what, and keeps what one looker was shown for SECONDS, also where another looks meanwhile.
"""

import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "git"))

from folding_fs import FoldingFileSystem  # noqa: E402
from fusepy import FUSE, FuseOSError, fuse_get_context  # noqa: E402


class LookerFileSystem(FoldingFileSystem):
    def __init__(self, root):
        super().__init__(root, False, False)

    def at(self, path):
        return os.path.join(self.root, path.lstrip("/"))

    def access(self, path, mode):
        """The kernel has decided."""

    def getattr(self, path, fh=None):
        uid, gid, _ = fuse_get_context()
        return {**super().getattr(path, fh), "st_uid": uid, "st_gid": gid}

    def chown(self, path, uid, gid):
        raise FuseOSError(errno.EPERM)


if __name__ == "__main__":
    root, mount, seconds = sys.argv[1:4]
    FUSE(
        LookerFileSystem(root),
        mount,
        foreground=True,
        nothreads=True,
        use_ino=True,
        allow_other=True,
        default_permissions=True,
        entry_timeout=float(seconds),
        attr_timeout=float(seconds),
        negative_timeout=0,
        ac_attr_timeout=float(seconds),
        encoding="utf-8",
    )
