import ElectronStore from 'electron-store'
import { z } from 'zod'

const boundsSchema = z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() })

export type Bounds = Readonly<z.infer<typeof boundsSchema>>

/** Where the window was, from start to start. It is no setting: it lies with the app's own files, in `window.json`. */
export interface WindowMemory {
  read(): Bounds | undefined
  write(bounds: Bounds): void
}

export function windowMemory(): WindowMemory {
  const store = new ElectronStore<{ bounds?: unknown }>({ name: 'window', clearInvalidConfig: true })
  return {
    read: () => boundsSchema.safeParse(store.get('bounds')).data,
    write: ({ x, y, width, height }) => store.set('bounds', { x, y, width, height }),
  }
}
