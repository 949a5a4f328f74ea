import { request as httpRequest } from 'node:http'
import type { AnswerOf, OperationName } from '../api/operations/all.ts'
import { AppError, errorOf, type Failure } from '../core/failure.ts'
import { controlFailureSchema } from './control-failure.ts'
import type { ControlRequest } from './control-requests.ts'
import { readServerFile } from './server-file.ts'

/** The running server of a home folder, as the command line talks to it. */
export interface ServerConnection {
  readonly pid: number
  readonly port: number
  /** Rejects with the server's `AppError`, with AppError('no-server') when it went away, or with the signal's reason. */
  call<Name extends OperationName>(
    name: Name,
    request: ControlRequest<Name>,
    signal?: AbortSignal,
  ): Promise<AnswerOf<Name>>
}

/** @throws AppError('no-server') */
export async function connectToServer(home: string): Promise<ServerConnection> {
  const server = await readServerFile(home)
  if (!server) throw noServer('No server is running')
  const { pid, host = '127.0.0.1', port, token } = server
  return {
    pid,
    port,
    call: async <Name extends OperationName>(name: Name, request: ControlRequest<Name>, signal?: AbortSignal) => {
      const { status, text } = await post({ host, port }, `/api/${name}`, token, JSON.stringify(request), signal)
      const value: unknown = JSON.parse(text)
      // Our own server of the same version: the answer needs no second check.
      if (status === 200) return value as AnswerOf<Name>
      throw failureFrom(status, value)
    },
  }
}

/** Not `fetch`, which gives up when the headers take more than five minutes. */
export function post(
  server: { readonly host: string; readonly port: number },
  path: string,
  token: string,
  body: string,
  signal?: AbortSignal,
): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const fail = (error: Error): void => reject(signal?.aborted ? signal.reason : noServer('The server went away', error))
  const request = httpRequest(
    {
      ...server,
      path,
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
      ...(signal && { signal }),
    },
    (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
    },
  )
  request.on('error', fail)
  request.end(body)
  return promise
}

function failureFrom(status: number, value: unknown): Error {
  const parsed = controlFailureSchema.safeParse(value)
  if (!parsed.success) return new Error(`The server answered with status ${status}`)
  return errorOf(parsed.data.error as Failure)
}

const noServer = (message: string, cause?: unknown): AppError =>
  new AppError('no-server', message, { hint: 'Start one: microvm-orchestrator serve', cause })
