import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { dialog } from 'electron'

/** Says who has the port and offers another one; undefined when the user would rather quit. */
export async function askForPort(problem: string): Promise<number | undefined> {
  const port = await freePort()
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    message: problem,
    detail: `The app can listen on port ${port} instead. Claude Code then needs the new address.`,
    buttons: [`Use Port ${port}`, 'Quit'],
    defaultId: 0,
    cancelId: 1,
  })
  return response === 0 ? port : undefined
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const probe = createServer()
  probe.once('error', reject)
  probe.listen({ port: 0, host: '127.0.0.1' }, () => {
    const { port } = probe.address() as AddressInfo
    probe.close(() => resolve(port))
  })
  return await promise
}
