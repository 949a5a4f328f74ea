import { registerHooks } from 'node:module'

/** `electron` is the module beside this one, for import and require alike. */
const standIn = new URL('./module.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' || specifier === 'electron/main'
      ? { url: standIn, shortCircuit: true }
      : next(specifier, context),
})
Object.defineProperty(process.versions, 'electron', { value: '45.4.1', enumerable: true })
Object.defineProperty(process, 'type', { value: 'browser' })
const platform = process.env.STAND_IN_PLATFORM
if (platform) Object.defineProperty(process, 'platform', { value: platform })
