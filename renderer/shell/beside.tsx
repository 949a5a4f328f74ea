import { useEffect } from 'react'
import { Palette } from '../palette/index.tsx'
import { useKeptFocus } from '../parts/hooks/keep-focus.ts'
import { useWindowKeys } from '../parts/hooks/use-keys.ts'
import { addFolders } from '../stores/adding.ts'
import { followEndings } from '../stores/follow-endings.ts'
import { useIsDesktop } from '../stores/live.ts'
import { DropZone } from '../views/repositories/drop-zone.tsx'
import { Adding } from './adding.tsx'
import { Notices } from './notices.tsx'
import { TaskMenu } from './task-menu.tsx'

/** What stands beside every view, loaded right after the first one: keys, notices, the palette, and folders that are added. */
export function Beside() {
  const isDesktop = useIsDesktop()
  useWindowKeys(() => void addFolders(isDesktop))
  useKeptFocus()
  useEffect(followEndings, [])
  return (
    <>
      <DropZone />
      <Adding />
      <Notices />
      <TaskMenu />
      <Palette />
    </>
  )
}
