/**
 * Node's own SQLite. Until 24.15 Node warns on stderr that it is experimental, where a command's user would look for something to do; what is used of it here
 * is the same in 24.0 (https://nodejs.org/api/sqlite.html).
 */
export const { DatabaseSync } = quietly(() => process.getBuiltinModule('node:sqlite'))

function quietly<Result>(load: () => Result): Result {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}
