/**
 * Settings of electron-builder that depend on where the app is packed. Fuses and Info.plist are changed after Electron was signed ad hoc,
 * and Apple Silicon starts nothing whose signature is broken. electron-builder signs only with an identity, so on a Mac the ad-hoc
 * signature is made again; one with an identity replaces it. Elsewhere there is no codesign. Pure.
 */
export const signingSettings = (platform: NodeJS.Platform): readonly string[] =>
  platform === 'darwin' ? ['-c.electronFuses.resetAdHocDarwinSignature=true'] : []

/** What has to be said of an app for macOS that is packed on another system; undefined where there is nothing. Pure. */
export function unsignedNote(platform: NodeJS.Platform, args: readonly string[]): string | undefined {
  const forMac = args.some((arg) => arg === '--mac' || arg === '-m' || arg === '--macos')
  if (!forMac || platform === 'darwin') return undefined
  return 'The app for macOS is not signed, since this system has no codesign. On the Mac, before its first start: codesign --sign - --force --deep "microVM Orchestrator.app"'
}
