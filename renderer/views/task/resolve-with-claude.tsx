import { useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import { act } from '../../api.ts'
import { Button } from '../../parts/button.tsx'
import { useSettings } from '../../stores/live.ts'
import { go } from '../../stores/navigation.ts'

/** Another task resolves the conflicts of this one, in a machine of its own; the window goes to it. */
export function ResolveWithClaude({ id }: { id: TaskId }) {
  const queue = useSettings()?.queue ?? false
  const [busy, setBusy] = useState(false)
  return (
    <Button
      disabled={busy}
      onClick={async () => {
        setBusy(true)
        const started = await act('resolveTask', { id, queue })
        setBusy(false)
        if (started) go({ view: 'task', id: started.id })
      }}
    >
      {busy ? 'Starting…' : 'Resolve with Claude'}
    </Button>
  )
}
