import type { ShownSettings } from '../../../../preload/settings.ts'
import { change } from '../../../stores/change-settings.ts'
import { LinesSetting, NumberSetting, SwitchSetting, TextSetting } from '../setting.tsx'

/** What becomes of commits. */
export function ResultSettings({ settings }: { settings: ShownSettings }) {
  return (
    <section className="group">
      <h2>What comes back</h2>
      <div className="card">
        <LinesSetting
          title="Paths that wait for your review"
          about="Globs, one a line, beside those that run by themselves in a checkout; with ! before it, one waits no more."
          placeholder="infra/**"
          value={settings.heldPaths}
          onChange={(heldPaths) => change({ heldPaths })}
        />
        <SwitchSetting
          title="Name task and agent in commits"
          about="As trailers, in commits that are written while work is merged."
          on={settings.trailers}
          onChange={(trailers) => change({ trailers })}
        />
      </div>
    </section>
  )
}

/** Where tasks lie, and for how long. */
export function DiskSettings({ settings }: { settings: ShownSettings }) {
  return (
    <section className="group">
      <h2>Disk</h2>
      <div className="card">
        <NumberSetting
          title="Start no task with less free than"
          about="On the disks of home and repository. Below half of it, running tasks are stopped, their work kept."
          unit="GiB"
          value={settings.minFreeGiB}
          min={0}
          onChange={(minFreeGiB) => change({ minFreeGiB: minFreeGiB ?? 0 })}
        />
        <NumberSetting
          title="Delete folders of finished tasks after"
          about="Never work that is nowhere else."
          unit="days"
          optional
          value={settings.pruneAfterDays}
          min={0}
          onChange={(pruneAfterDays) => change({ pruneAfterDays })}
        />
        <TextSetting
          title="Folder of new tasks"
          about="For repositories on another disk than the home; empty: in the home."
          placeholder="~/.microvm-orchestrator"
          value={settings.tasksFolder}
          onChange={(tasksFolder) => change({ tasksFolder })}
        />
        <SwitchSetting
          title="Link clones into the repository"
          about="Below .microvm/tasks. Test runners and editors then find what an agent wrote, and may run it."
          on={settings.linkClones}
          onChange={(linkClones) => change({ linkClones })}
        />
      </div>
    </section>
  )
}
