"""The errors of an archive; the text of each is one sentence for the user.

ArchiveError
├── ArchiveMissing         there is no archive at that path
├── NotAnArchive           the file is something else
├── SchemaTooNew           a later warta wrote it
├── SchemaTooOld           a development version of warta wrote it
├── ArchiveUnwritable      the file or the disk cannot be written
│   ├── ArchiveBusy        another program keeps the file locked
│   └── ArchiveMoved       the file was moved, deleted, replaced or hard-linked while it was written
├── ArchiveDamaged         a page, a digest or a dictionary does not check
├── ArticleUnknown         no article has that URL, story id or number
├── QueryError             a query is not well-formed (exports), or has too many words
├── ExportError            a file's format is unknown, or cannot hold what is exported
├── CorpusError            a corpus cannot be made as configured
├── Locked                 another process does the same already
└── PackageMissing         an extra of warta is not installed
"""

import struct


class ArchiveError(Exception):
    """An archive could not be opened, read or written; the text is one sentence for the user.

    It may quote a page or a file: `archive.printable` cleans it where it is shown.
    """


BREAKS_ON_DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    struct.error,
)
"""What reading a value raises that another program broke (archive.maintenance.values), or a bug."""


class ArchiveMissing(ArchiveError):
    """There is no file at that path, and the command only reads."""


class NotAnArchive(ArchiveError):
    """The file is not an SQLite database, or it is the database of another program."""


class SchemaTooNew(ArchiveError):
    """The archive has migrations that this version of warta does not know."""


class SchemaTooOld(ArchiveError):
    """The archive was made by the 0.1.0 development series, before the first release's schema."""


class ArchiveUnwritable(ArchiveError):
    """The file is read-only, the disk is full, or another program keeps it locked."""


class ArchiveBusy(ArchiveUnwritable):
    """Another program keeps the file locked."""


class ArchiveMoved(ArchiveUnwritable):
    """The file was moved, deleted, replaced or hard-linked while it was written."""


class ArchiveDamaged(ArchiveError):
    """What is read back from the archive is not what was kept."""


class ArticleUnknown(ArchiveError):
    """No article in the archive has that URL, story id or number."""


class QueryError(ArchiveError):
    """A query of a search is wrong; the text says what is."""


class ExportError(ArchiveError):
    """The format of a file is unknown, or cannot hold what is exported."""


class CorpusError(ArchiveError):
    """The recipe of a corpus is wrong, its folder is taken, or the disk cannot be written."""


class Locked(ArchiveError):
    """Another process does the same already."""


class PackageMissing(ArchiveError):
    """The command needs an extra that is not installed."""
