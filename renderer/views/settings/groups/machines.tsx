import { slotCount } from '../../../../main/core/task/task.ts'
import type { ShownSettings } from '../../../../preload/settings.ts'
import { change } from '../../../stores/change-settings.ts'
import { useLive } from '../../../stores/live.ts'
import { ChoiceSetting, NumberSetting, TextSetting } from '../setting.tsx'

const minuteMs = 60_000

/** What tasks run on. */
export function MachineSettings({ settings }: { settings: ShownSettings }) {
  const size = useLive(({ host }) => host?.size)
  return (
    <section className="group">
      <h2>Machines</h2>
      <div className="card">
        <NumberSetting
          title="Memory of a machine"
          unit="MiB"
          whole
          about={size && aboutMemory(settings.memoryMiB, size.memoryMiB)}
          value={settings.memoryMiB}
          min={1024}
          max={size?.memoryMiB ?? 1024 * 1024}
          onChange={(memoryMiB) => change({ memoryMiB: memoryMiB ?? 4096 })}
        />
        <NumberSetting
          title="Processors of a machine"
          whole
          about={size && `This host has ${size.cpus}.`}
          value={settings.cpus}
          min={1}
          max={Math.min(64, size?.cpus ?? 64)}
          onChange={(cpus) => change({ cpus: cpus ?? 1 })}
        />
        <NumberSetting
          title="Machines booted ahead"
          about="Each waits up to half an hour for a repository’s next task, and takes its memory."
          whole
          value={settings.warmMachines}
          min={0}
          max={9}
          onChange={(warmMachines) => change({ warmMachines: warmMachines ?? 0 })}
        />
        <NumberSetting
          title="Longest boot"
          about="A machine that takes longer to start its task is stopped."
          unit="min"
          value={settings.bootTimeoutMs / minuteMs}
          min={0.1}
          max={24 * 60}
          onChange={(minutes) => change({ bootTimeoutMs: Math.round((minutes ?? 5) * minuteMs) })}
        />
        <NumberSetting
          title="Time to power off"
          about="A machine that was asked to stop is ended by force after this time."
          unit="s"
          value={settings.powerOffTimeoutMs / 1000}
          min={1}
          max={600}
          onChange={(seconds) => change({ powerOffTimeoutMs: Math.round((seconds ?? 20) * 1000) })}
        />
        <ChoiceSetting
          title="Guest"
          about="The system in the machines. By itself: NixOS on a Mac whose Nix can build it, else Debian."
          value={settings.guest}
          options={[
            { value: 'auto', word: 'By itself' },
            { value: 'debian', word: 'Debian' },
            { value: 'nixos', word: 'NixOS' },
          ]}
          onChange={(guest) => change({ guest })}
        />
        <TextSetting
          title="Where the Debian guest comes from"
          about="build, a URL or a folder of a mirror; empty: from where the release says, or built here."
          placeholder="as released"
          value={settings.guestImage}
          onChange={(guestImage) => change({ guestImage })}
        />
      </div>
    </section>
  )
}

function aboutMemory(machineMiB: number, hostMiB: number): string {
  const fitting = Math.min(slotCount, Math.floor(hostMiB / machineMiB))
  const all = `This host has ${hostMiB.toLocaleString('en')} MiB`
  if (fitting === 0) return `${all}: no task can start with so much.`
  return `${all}: room for ${fitting === 1 ? 'one such machine' : `${fitting} such machines`} at most.`
}
