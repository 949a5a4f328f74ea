import { decode, encode } from './plain.ts'

/**
 * Source text for the two worlds of a page: the page's own, where `exposeInMainWorld` puts frozen copies, and the isolated one that
 * the preload runs in. They talk by events under a name that no page knows; what an event carries, Chromium clones from world to
 * world, files too.
 */

/** The page's side of the bridge. */
export const mainWorld = (secret: string): string => `(${mainWorldScript})(${JSON.stringify(secret)})`

/** The preload, with what a sandboxed preload may require. */
export const preloadWorld = (secret: string, code: string, files: Readonly<Record<string, string>>): string =>
  `(${preloadScript})(${JSON.stringify(secret)}, ${JSON.stringify(files)}, ${encode}, ${decode},
    function (require, module, exports, process) {${code}
  })`

// Plain JavaScript: these functions are sent as text, with nothing of this module around them.
const mainWorldScript = `function (secret) {
  if (window !== window.top) return
  const callbacks = []
  let answer
  const fire = (detail) => window.dispatchEvent(new CustomEvent(secret + ':preload', { detail }))
  const outgoing = (value) => (typeof value === 'function' ? { callback: callbacks.push(value) - 1 } : { value })
  const call = (key, name) => (...args) => {
    fire({ call: { key, name, args: args.map(outgoing) } })
    const { error, value, promise, method } = answer
    if (error !== undefined) throw new Error(error)
    if (method !== undefined) return call(method, '')
    if (promise === undefined) return value
    return new Promise((resolve, reject) => waiting.set(promise, { resolve, reject }))
  }
  const waiting = new Map()
  // Chromium would load a popup before anybody could say no to it.
  window.open = (url) => {
    fire({ open: String(new URL(url, location.href)) })
    return null
  }
  window.addEventListener(secret + ':page', ({ detail }) => {
    if (detail.expose) {
      const { key, members } = detail.expose
      const api = Object.fromEntries(members.map((m) => [m.name, m.isFunction ? Object.freeze(call(key, m.name)) : m.value]))
      Object.defineProperty(window, key, { value: Object.freeze(api), enumerable: true })
    } else if (detail.answer) answer = detail.answer
    else if (detail.settled) {
      const { id, value, error } = detail.settled
      const { resolve, reject } = waiting.get(id)
      waiting.delete(id)
      if (error === undefined) resolve(value)
      else reject(new Error(error))
    } else if (detail.callback) callbacks[detail.callback.id](...detail.callback.args)
  })
}`

const preloadScript = `function (secret, files, encode, decode, run) {
  if (window !== window.top) return
  const toMain = globalThis.__toMain
  const fire = (detail) => window.dispatchEvent(new CustomEvent(secret + ':page', { detail }))
  const exposed = new Map()
  const methods = new Map()
  let promises = 0
  const incoming = (part) =>
    'callback' in part ? (...args) => fire({ callback: { id: part.callback, args } }) : part.value
  window.addEventListener(secret + ':preload', ({ detail: { call, open } }) => {
    if (open !== undefined) return toMain(JSON.stringify({ open }))
    const target = methods.get(call.key) ?? exposed.get(call.key)[call.name]
    let value
    try {
      value = target(...call.args.map(incoming))
    } catch (error) {
      return fire({ answer: { error: error.message } })
    }
    if (typeof value === 'function') {
      const key = 'method:' + methods.size
      methods.set(key, value)
      return fire({ answer: { method: key } })
    }
    if (!(value instanceof Promise)) return fire({ answer: { value } })
    const id = ++promises
    fire({ answer: { promise: id } })
    value.then((value) => fire({ settled: { id, value } }), (error) => fire({ settled: { id, error: error.message } }))
  })
  const contextBridge = {
    exposeInMainWorld(key, api) {
      if (exposed.has(key)) throw new Error('Cannot bind an API on top of an existing property on the window object')
      exposed.set(key, api)
      const members = Object.entries(api).map(([name, value]) =>
        typeof value === 'function' ? { name, isFunction: true } : { name, value })
      fire({ expose: { key, members } })
    },
  }
  const listeners = new Map()
  const replies = new Map()
  let invocations = 0
  const ipcRenderer = {
    on(channel, listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
      return ipcRenderer
    },
    removeListener(channel, listener) {
      listeners.set(channel, (listeners.get(channel) ?? []).filter((known) => known !== listener))
      return ipcRenderer
    },
    send: (channel, ...args) => toMain(JSON.stringify({ channel, args: encode(args) })),
    async invoke(channel, ...args) {
      const id = ++invocations
      const reply = new Promise((resolve) => replies.set(id, resolve))
      toMain(JSON.stringify({ id, channel, args: encode(args) }))
      const { error, value } = await reply
      if (error !== undefined) throw new Error("Error invoking remote method '" + channel + "': " + error)
      return decode(value)
    },
  }
  globalThis.__fromMain = (message) => {
    if (message.id !== undefined) {
      replies.get(message.id)?.(message)
      return replies.delete(message.id)
    }
    for (const listener of listeners.get(message.channel) ?? []) listener({ sender: ipcRenderer }, ...decode(message.args))
  }
  const webUtils = { getPathForFile: (file) => files[file.name] ?? '' }
  const require = (name) => {
    if (name === 'electron' || name === 'electron/renderer') return { contextBridge, ipcRenderer, webUtils }
    throw new Error('module not found: ' + name)
  }
  const module = { exports: {} }
  run(require, module, module.exports, { type: 'renderer', sandboxed: true, contextIsolated: true, platform: 'stand-in' })
}`
