import { shell } from 'electron'
import type { DesktopRequests } from '../../preload/contract.ts'
import type { TaskDetails } from '../../preload/task-details.ts'
import { AppError } from '../core/failure.ts'
import { findTool } from '../lib/processes/find-tool.ts'
import { startDetached } from '../lib/processes/start-detached.ts'

type With = Parameters<DesktopRequests['openTask']>[0]['with']

const editors = ['code', 'cursor', 'zed', 'subl']
const terminals = ['x-terminal-emulator', 'gnome-terminal', 'konsole', 'xterm']

/**
 * Opens where a task works: editor and terminal in the user's repository, never in the clone, whose files are the guest's and may
 * tell an editor or a shell what to run; the file manager at the task's folder.
 * @throws AppError('host-incomplete') when there is no such program.
 */
export async function openTask({ repoPath, folder }: TaskDetails, program: With): Promise<void> {
  if (program === 'finder') return shell.showItemInFolder(folder)
  if (program === 'editor') {
    const editor = await firstTool(editors)
    if (editor !== undefined) return void (await startDetached(editor, [repoPath]))
    const problem = await shell.openPath(repoPath)
    if (problem !== '') throw new AppError('host-incomplete', `${repoPath} cannot be opened: ${problem}`)
    return
  }
  if (process.platform === 'darwin') return void (await startDetached('/usr/bin/open', ['-a', 'Terminal', repoPath]))
  const terminal = await firstTool(terminals)
  if (terminal === undefined) throw new AppError('host-incomplete', 'No terminal was found', { hint: 'Install one' })
  await startDetached(terminal, [], { cwd: repoPath })
}

async function firstTool(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const path = await findTool(name)
    if (path !== undefined) return path
  }
  return undefined
}
