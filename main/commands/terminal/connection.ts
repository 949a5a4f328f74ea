import { AppError } from '../../core/failure.ts'
import { connectToServer, type ServerConnection } from '../../web/client.ts'

/** The running server, or undefined when none runs: for what can be answered from the files too. */
export async function serverIfRunning(home: string): Promise<ServerConnection | undefined> {
  try {
    return await connectToServer(home)
  } catch (error) {
    if (error instanceof AppError && error.code === 'no-server') return undefined
    throw error
  }
}
