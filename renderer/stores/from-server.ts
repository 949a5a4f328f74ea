import { useLive } from './live.ts'

const second = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 1_000))

/** The server was there and is not: another program may have its port, and must run nothing here. */
function isAway(): boolean {
  const { live } = useLive.getState()
  return live.status === 'lost' && live.snapshot !== null
}

/** Loads a part of the window once its server is there. Rejects where the server has not got it, after some tries. */
export async function fromServer<Part>(load: () => Promise<Part>): Promise<Part> {
  for (let left = 3; ; left--) {
    while (isAway()) await second()
    try {
      return await load()
    } catch (error) {
      if (left === 0) throw error
      await second()
    }
  }
}
