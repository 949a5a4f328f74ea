import { closeSync, existsSync, openSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../core/failure.ts'
import { DatabaseSync as Database } from '../../lib/sqlite.ts'

/** Counted on with each change of what is below; an index of another version is made anew. */
const version = 1

/** A row of `tasks` has what is filtered, sorted and summed, and is small; what lists show lies beside it, and of its text only the trigrams. */
const schema = `
  CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime REAL NOT NULL,
    created TEXT NOT NULL,
    ended TEXT NOT NULL,
    ended_quarter INTEGER NOT NULL,
    repo TEXT NOT NULL,
    repo_path TEXT NOT NULL,
    place TEXT NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    merge TEXT,
    waits INTEGER NOT NULL,
    elapsed REAL NOT NULL,
    tokens REAL NOT NULL,
    cost REAL NOT NULL,
    title TEXT NOT NULL,
    plan TEXT,
    attempts TEXT,
    resolves INTEGER,
    retries INTEGER
  ) STRICT;
  CREATE TABLE briefs (id INTEGER PRIMARY KEY, brief TEXT NOT NULL) STRICT;
  CREATE TABLE follows (id INTEGER NOT NULL, after INTEGER NOT NULL, PRIMARY KEY (after, id)) STRICT, WITHOUT ROWID;
  CREATE VIRTUAL TABLE texts USING fts5(text, tokenize = 'trigram', content = '', contentless_delete = 1);
  INSERT INTO texts (texts, rank) VALUES ('automerge', 16);
  CREATE VIRTUAL TABLE trigrams USING fts5vocab(texts, row);
  CREATE INDEX follows_of ON follows (id);
  CREATE INDEX by_creation ON tasks (created);
  CREATE INDEX by_status ON tasks (status, created);
  CREATE INDEX by_repo ON tasks (repo, created);
  CREATE INDEX by_merge ON tasks (merge, created) WHERE merge IS NOT NULL;
  CREATE INDEX by_end ON tasks (ended DESC, id);
  CREATE INDEX sums ON tasks (ended_quarter, repo, outcome, place, ended, cost, tokens);
  CREATE INDEX by_path ON tasks (repo_path, created, id, cost);
  CREATE INDEX by_outcome ON tasks (outcome);
  CREATE INDEX by_place ON tasks (place);
  CREATE INDEX waiting ON tasks (attempts) WHERE waits = 1;
  CREATE INDEX by_plan ON tasks (plan) WHERE plan IS NOT NULL;
  CREATE INDEX by_group ON tasks (attempts) WHERE attempts IS NOT NULL;
  CREATE INDEX by_resolved ON tasks (resolves) WHERE resolves IS NOT NULL;
  CREATE INDEX by_retried ON tasks (retries) WHERE retries IS NOT NULL;
  PRAGMA user_version = ${version};
`

/**
 * A path, or `:memory:`.
 * @throws what SQLite says: the file is none of its own, or is damaged, or cannot be made. AppError('host-incomplete') where SQLite has no full-text search.
 */
export function openIndexDatabase(path: string, { readOnly = false } = {}): DatabaseSync {
  // SQLite gives the files beside it the same mode.
  if (path !== inMemory && !readOnly) makeFile(path)
  const database = new Database(path, { readOnly })
  try {
    if (readOnly) {
      requireVersion(database)
      return database
    }
    // Nothing waits for the disk: what a crash of the host leaves behind is sound, and may lack the last ends.
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY',
    )
    const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count
    if (tables === 0) makeTables(database)
    else requireVersion(database)
    database.exec('CREATE TEMP TABLE found (id INTEGER PRIMARY KEY) STRICT')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function makeTables(database: DatabaseSync): void {
  try {
    database.exec(`BEGIN; ${schema} COMMIT`)
  } catch (cause) {
    if (!String(cause).includes('no such module: fts5')) throw cause
    throw new AppError('host-incomplete', `The SQLite of Node ${process.version} has no full-text search (FTS5)`, {
      hint: 'Install Node from https://nodejs.org',
      cause,
    })
  }
}

function makeFile(path: string): void {
  // What lies beside a file that is gone would be taken for its newest changes.
  if (!existsSync(path)) removeIndexFiles(path)
  closeSync(openSync(path, 'a', 0o600))
}

/** Deletes the file, and what SQLite keeps beside it. */
export function removeIndexFiles(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
}

function requireVersion(database: DatabaseSync): void {
  if (database.prepare('PRAGMA user_version').get()?.user_version !== version) throw new OtherVersion()
}

export const inMemory = ':memory:'

/** The index was made by another version of the program. */
export class OtherVersion extends Error {}

/** Whether SQLite says so because the file is damaged, and not because it cannot be reached or written. */
export const isDamage = (error: unknown): boolean => {
  const code = (error as { readonly errcode?: unknown }).errcode
  return typeof code === 'number' && (damagedFiles.has(code & 0xff) || failedReads.has(code))
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (https://www.sqlite.org/rescode.html). */
const damagedFiles: ReadonlySet<number> = new Set([11, 26])
/** SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ and SQLITE_IOERR_CORRUPTFS. */
const failedReads: ReadonlySet<number> = new Set([266, 522, 8458])
