import { join } from 'node:path'
import type { Task } from '../../core/task/task.ts'
import { filesOf } from '../../tasks/record/task-files.ts'

export const statementPath = (task: Pick<Task, 'home' | 'id' | 'workFolder'>): string =>
  join(filesOf(task).folder, 'statement.json')
