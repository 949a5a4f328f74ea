import type { Browser } from './browser.ts'

interface Application {
  readonly name: string
  readonly version: string
  readonly path: string
  readonly isPackaged: boolean
}

const notYet = (): never => {
  throw new Error('The stand-in has not started')
}

/** What the parts of the stand-in know of each other. */
export const inside = {
  browser: undefined as Browser | undefined,
  application: { name: 'Electron', version: '0.0.0', path: '', isPackaged: false } as Application,
  begin(application: Application): void {
    inside.application = application
  },
  ready: notYet as () => void,
  allClosed: notYet as () => void,
  /** Whether all windows let themselves be closed. */
  closeWindows: notYet as () => boolean,
}

export function browser(): Browser {
  return inside.browser ?? notYet()
}
