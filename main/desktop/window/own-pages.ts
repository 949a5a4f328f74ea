import { type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron'
import type { AnyReply } from '../../window/answer-call.ts'

interface OwnPage {
  /** What its address begins with. */
  readonly url: string
  readonly onCall: (name: string, request: unknown) => Promise<AnyReply>
}

/** The pages that may ask this process something. */
export class OwnPages {
  readonly #pages = new Map<WebContents, OwnPage>()

  constructor() {
    ipcMain.handle('window:call', async (event, name: unknown, request: unknown) => {
      const page = this.#pageOf(event)
      if (!page) throw new Error('Only the window of this app may ask')
      return await page.onCall(String(name), request)
    })
  }

  add(contents: WebContents, page: OwnPage): void {
    this.#pages.set(contents, page)
    contents.once('destroyed', () => this.#pages.delete(contents))
  }

  /** The page that a call comes from, when it is from the top frame and shows what we put there. */
  #pageOf({ sender, senderFrame }: IpcMainInvokeEvent): OwnPage | undefined {
    const page = this.#pages.get(sender)
    const isShown = senderFrame !== null && senderFrame.parent === null && senderFrame.url.startsWith(page?.url ?? '')
    return isShown ? page : undefined
  }
}
