import { randomUUID } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TaskMessage } from '../../core/task/message.ts'
import type { MachineDriver } from '../../machines/driver.ts'
import { shareNames, type TaskFiles } from '../record/task-files.ts'

/**
 * Writes what the agent has not read yet where its runner looks, in place of what was there. It is made in a folder of the host's and moved
 * into the share whole: nothing there is opened, and no link is followed. The first line is another one each time.
 * @throws where the guest has put a folder under the name.
 */
export async function placeMessages(
  { workFolder, share }: Pick<TaskFiles, 'workFolder' | 'share'>,
  messages: readonly TaskMessage[],
  driver: Pick<MachineDriver, 'prepareOwnership'>,
  signal: AbortSignal,
): Promise<void> {
  const lines = messages.map(({ sentAt: _sentAt, state: _state, ...said }) => JSON.stringify(said))
  const made = join(workFolder, `.${shareNames.messages}`)
  await writeFile(made, [randomUUID(), ...lines, ''].join('\n'), { mode: 0o600 })
  await driver.prepareOwnership([made], signal)
  await rename(made, join(share, shareNames.messages))
}
