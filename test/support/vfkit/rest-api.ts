import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Configuration } from './command-line.ts'

/** What the REST API does with a machine. */
export interface Controlled {
  /** `Running`, `Paused`, `Starting`, ... */
  state(): Promise<string>
  /** @throws with the framework's reason. */
  change(state: 'Pause' | 'Resume' | 'Stop' | 'HardStop'): Promise<void>
}

const changeSchema = z.object({ state: z.string() })
const changes = ['Pause', 'Resume', 'Stop', 'HardStop'] as const

/** vfkit's REST API on a unix socket, as of version 0.6.4. */
export async function serveRestApi(socket: string, configuration: Configuration, machine: Controlled): Promise<void> {
  const server = createServer((request, response) => {
    response.once('finish', () => logRequest(request, response.statusCode))
    answer(request, configuration, machine).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => send(response, 500, { error: error instanceof Error ? error.message : String(error) }),
    )
  })
  server.listen(socket)
  await once(server, 'listening')
}

/** As gin, the framework of the real one, does on standard output for each request, which is hundreds an hour. */
function logRequest({ method = '', url = '' }: IncomingMessage, status: number): void {
  const time = new Date().toISOString().replace(/-/g, '/').replace('T', ' - ').slice(0, 21)
  const line = `[GIN] ${time} | ${status} | ${'125.4µs'.padStart(13)} | ${''.padStart(15)} | ${method.padEnd(7)}  ${JSON.stringify(url)}`
  process.stdout.write(`${line}\n`)
}

async function answer(
  request: IncomingMessage,
  { cpus, memoryMiB, devices, ...boot }: Configuration,
  machine: Controlled,
): Promise<{ readonly status: number; readonly body?: unknown }> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /vm/state': {
      const state = await machine.state()
      const [running, paused] = [state === 'Running', state === 'Paused']
      const can = {
        canStart: false,
        canPause: running,
        canResume: paused,
        canStop: running,
        canHardStop: running || paused,
      }
      return { status: 200, body: { state: `VirtualMachineState${state}`, ...can } }
    }
    case 'GET /vm/inspect': {
      const bootloader = {
        ...{
          kind: 'linuxBootloader',
          vmlinuzPath: boot.kernel,
          kernelCmdLine: boot.commandLine,
          initrdPath: boot.initrd,
        },
      }
      return { status: 200, body: { vcpus: cpus, memoryBytes: memoryMiB * 2 ** 20, bootloader, devices } }
    }
    case 'POST /vm/state': {
      const body = changeSchema.safeParse(await json(request))
      if (!body.success) return { status: 400, body: { error: z.prettifyError(body.error) } }
      const change = changes.find((known) => known === body.data.state)
      if (change === undefined) throw new Error(`invalid new VMState: ${body.data.state}`)
      await machine.change(change)
      return { status: 202 }
    }
    default:
      return { status: 404, body: '404 page not found' }
  }
}

async function json(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += chunk
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Refused by the schema.
  }
}

function send(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
}
