import type { AnswerOf, RequestName, RequestOf } from '../../preload/contract.ts'
import { AppError, errorOf } from '../core/failure.ts'
import { readServerFile } from './server-file.ts'
import { windowConnection } from './window-client.ts'

export type WindowCall = <Name extends RequestName>(name: Name, request: RequestOf<Name>) => Promise<AnswerOf<Name>>

/** What a window may ask of the running server, asked by a command. @throws AppError('no-server') when none runs. */
export async function windowOfServer(home: string): Promise<WindowCall> {
  const server = await readServerFile(home)
  if (!server)
    throw new AppError('no-server', 'No server is running', { hint: 'Start one: microvm-orchestrator serve' })
  const { call } = windowConnection(server)
  return async <Name extends RequestName>(name: Name, request: RequestOf<Name>) => {
    const reply = await call(name, request)
    if (!reply.ok) throw errorOf(reply.failure)
    return reply.value as AnswerOf<Name> // Our own server of the same version: the answer needs no second check.
  }
}
