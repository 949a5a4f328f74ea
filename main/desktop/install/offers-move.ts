export interface MoveQuestion {
  readonly platform: NodeJS.Platform
  readonly isPackaged: boolean
  readonly isInApplications: boolean
  /** Whether the user has said no before. */
  readonly isDeclined: boolean
}

/** Whether the user is asked to have the app moved: from a disk image or a folder of downloads it can neither be updated nor linked to. Pure. */
export const offersMove = ({ platform, isPackaged, isInApplications, isDeclined }: MoveQuestion): boolean =>
  platform === 'darwin' && isPackaged && !isInApplications && !isDeclined
