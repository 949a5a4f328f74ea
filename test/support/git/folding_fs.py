"""A file system over a folder that folds names as those of macOS do, to be mounted by tests: `folding_fs.py FOLDER MOUNT CASE NORM`.

CASE `fold`: names that differ in case alone are one name. `keep`: they are two.
NORM `nfd`: names are stored decomposed, as HFS+ does it. `keep`: stored as given; either way both forms are one name.
"""

import errno
import os
import sys
import unicodedata

from fusepy import FUSE, FuseOSError, Operations


class FoldingFileSystem(Operations):
    use_ns = True

    def __init__(self, root, folds_case, decomposes):
        self.root = os.path.realpath(root)
        self.folds_case = folds_case
        self.decomposes = decomposes

    def key(self, name):
        plain = unicodedata.normalize("NFD", name)
        return unicodedata.normalize("NFD", plain.casefold()) if self.folds_case else plain

    def found(self, folder, name):
        """The name in the folder that this one means; itself where there is none."""
        if os.path.lexists(os.path.join(folder, name)):
            return name
        wanted = self.key(name)
        try:
            for other in os.listdir(folder):
                if self.key(other) == wanted:
                    return other
        except OSError:
            pass
        return unicodedata.normalize("NFD", name) if self.decomposes else name

    def at(self, path):
        full = self.root
        for part in path.split("/"):
            if part:
                full = os.path.join(full, self.found(full, part))
        return full

    def access(self, path, mode):
        if not os.access(self.at(path), mode):
            raise FuseOSError(errno.EACCES)

    def getattr(self, path, fh=None):
        st = os.lstat(self.at(path))
        return {
            "st_mode": st.st_mode,
            "st_ino": st.st_ino,
            "st_nlink": st.st_nlink,
            "st_uid": st.st_uid,
            "st_gid": st.st_gid,
            "st_size": st.st_size,
            "st_atime": st.st_atime_ns,
            "st_mtime": st.st_mtime_ns,
            "st_ctime": st.st_ctime_ns,
            "st_blocks": st.st_blocks,
        }

    def readdir(self, path, fh):
        return [".", "..", *os.listdir(self.at(path))]

    def readlink(self, path):
        return os.readlink(self.at(path))

    def mkdir(self, path, mode):
        os.mkdir(self.at(path), mode)

    def rmdir(self, path):
        os.rmdir(self.at(path))

    def unlink(self, path):
        os.unlink(self.at(path))

    def symlink(self, path, target):
        os.symlink(target, self.at(path))

    def link(self, path, target):
        os.link(self.at(target), self.at(path), follow_symlinks=False)

    def rename(self, old, new):
        source, target = self.at(old), self.at(new)
        if source == target or (os.path.lexists(target) and os.path.samefile(source, target)):
            # A new spelling of the same name.
            target = os.path.join(os.path.dirname(target), os.path.basename(new))
        os.rename(source, target)

    def chmod(self, path, mode):
        os.chmod(self.at(path), mode)

    def chown(self, path, uid, gid):
        os.lchown(self.at(path), uid, gid)

    def utimens(self, path, times=None):
        os.utime(self.at(path), ns=times, follow_symlinks=False)

    def truncate(self, path, length, fh=None):
        os.truncate(self.at(path), length)

    def statfs(self, path):
        st = os.statvfs(self.at(path))
        return {key: getattr(st, key) for key in ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files", "f_flag", "f_frsize", "f_namemax")}

    def open(self, path, flags):
        return os.open(self.at(path), flags)

    def create(self, path, mode, fi=None):
        return os.open(self.at(path), os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode)

    def read(self, path, size, offset, fh):
        return os.pread(fh, size, offset)

    def write(self, path, data, offset, fh):
        return os.pwrite(fh, data, offset)

    def fsync(self, path, datasync, fh):
        os.fsync(fh)

    def flush(self, path, fh):
        pass

    def release(self, path, fh):
        os.close(fh)


if __name__ == "__main__":
    root, mount, case, norm = sys.argv[1:5]
    FUSE(
        FoldingFileSystem(root, case == "fold", norm == "nfd"),
        mount,
        foreground=True,
        nothreads=True,
        use_ino=True,
        entry_timeout=0,
        attr_timeout=0,
        negative_timeout=0,
        ac_attr_timeout=0,
        encoding="utf-8",
    )
