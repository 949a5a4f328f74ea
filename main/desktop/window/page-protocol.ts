import { protocol } from 'electron'
import { pageDirectory, readPageFile } from '../../window/page-files.ts'

export const pageUrl = 'app://window/'
/** Of the panel for a quick task. */
export const panelUrl = `${pageUrl}quick-entry/index.html`

/** Before the app is ready: a scheme with an origin of its own, as strict as https. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true } }])
}

/** Answers `app://window/` with the files of the built window, and nothing else. */
export function servePage(): void {
  protocol.handle('app', async (request) => {
    const url = new URL(request.url)
    const file =
      url.host === 'window' && request.method === 'GET'
        ? await readPageFile(pageDirectory(), url.pathname || '/')
        : undefined
    if (!file) return new Response('Not found', { status: 404 })
    return new Response(new Uint8Array(file.bytes), { headers: { ...file.headers } })
  })
}
