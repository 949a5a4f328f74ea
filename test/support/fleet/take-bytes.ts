import { messageOf } from '../../../main/core/failure.ts'
import { parseTaskId } from '../../../main/core/task/task.ts'
import { BroughtFiles } from '../../../main/fleet/brought-files.ts'
import { channels } from '../../../main/fleet/protocol.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'

/** Takes so many bytes of work for a task of a home, and prints how that went: `take-bytes.ts HOME BYTES`, where files may be no longer than a limit. */
const [home = '', bytes = ''] = process.argv.slice(2)
const id = parseTaskId('0a0a0a0a')
if (!id) throw new Error('The id is one')
try {
  const { brought } = await BroughtFiles.open(taskFiles(home, id))
  await brought.take(channels.work, Buffer.alloc(Number(bytes)))
  process.stdout.write('taken')
} catch (error) {
  process.stdout.write(messageOf(error))
}
