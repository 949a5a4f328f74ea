/**
 * What happens when stdout or stderr can no longer be written to. A command ends quietly with its reader (`list | head -1`), and
 * says it when a disk is full; a server goes on without either, since its work is not what it prints.
 */
let isServer = false

/** From now on the loss of stdout or stderr ends nothing. */
export function outliveOutput(): void {
  isServer = true
}

/** To be called once, before anything is printed. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isServer) return
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  process.stderr.on('error', () => undefined) // There is no place left to say it.
}
