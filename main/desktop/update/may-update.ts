export interface Installed {
  readonly platform: NodeJS.Platform
  readonly isPackaged: boolean
  /** Whether the package says where its releases are. */
  readonly hasFeed: boolean
  /** On macOS: whether it lies in the folder of applications. */
  readonly isInApplications: boolean
  /** On Linux: the AppImage that it runs from. */
  readonly appImage: string | undefined
}

/**
 * Whether the app can replace itself by a newer version: on macOS from the folder of applications, on Linux as an AppImage. A package of
 * the system's is its package manager's to update. Pure.
 */
export function mayUpdate({ platform, isPackaged, hasFeed, isInApplications, appImage }: Installed): boolean {
  if (!isPackaged || !hasFeed) return false
  return platform === 'darwin' ? isInApplications : platform === 'linux' && appImage !== undefined
}
