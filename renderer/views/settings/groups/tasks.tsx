import { bounds } from '../../../../main/core/bounds.ts'
import { homeParts } from '../../../../main/core/home-parts.ts'
import type { ShownSettings } from '../../../../preload/settings.ts'
import { change } from '../../../stores/change-settings.ts'
import { ChoiceSetting, NumberSetting, PartsSetting } from '../setting.tsx'

const minuteMs = 60_000

/** How tasks begin, wait and end. */
export function TaskSettings({ settings }: { settings: ShownSettings }) {
  return (
    <section className="group">
      <h2>Tasks</h2>
      <div className="card">
        <ChoiceSetting
          title="When all slots are busy"
          about="For whoever asks for a task and does not say."
          value={settings.queue ? 'wait' : 'refuse'}
          options={[
            { value: 'refuse', word: 'Refuse and name the tasks' },
            { value: 'wait', word: 'Wait for a slot' },
          ]}
          onChange={(value) => change({ queue: value === 'wait' })}
        />
        <ChoiceSetting
          title="When work conflicts with your branch"
          about="Another task resolves it once; what is left then waits for you."
          value={settings.resolveConflicts}
          options={[
            { value: 'ask', word: 'Wait for you' },
            { value: 'auto', word: 'Have another task resolve it' },
          ]}
          onChange={(resolveConflicts) => change({ resolveConflicts })}
        />
        <NumberSetting
          title="Time limit of a task"
          about="In its machine. It is stopped then, its work kept."
          unit="min"
          value={settings.taskTimeoutMs / minuteMs}
          min={1}
          max={bounds.taskTimeoutMs.most / minuteMs}
          onChange={(minutes) => change({ taskTimeoutMs: Math.round((minutes ?? 0) * minuteMs) })}
        />
        <NumberSetting
          title="Cost limit of a task"
          about="As Claude Code counts it. The work is kept."
          unit="$"
          optional
          value={settings.maxCostUsd}
          min={bounds.costUsd.least}
          onChange={(maxCostUsd) => change({ maxCostUsd })}
        />
        <NumberSetting
          title="Token limit of a task"
          about="Input, cached or not, and output. The work is kept."
          unit="tokens"
          optional
          whole
          value={settings.maxTokens}
          min={bounds.tokens.least}
          onChange={(maxTokens) => change({ maxTokens })}
        />
        <NumberSetting
          title="Stop a task that is silent for"
          about="When neither its console nor its agent says anything."
          unit="min"
          optional
          value={settings.silenceTimeoutMs === null ? null : settings.silenceTimeoutMs / minuteMs}
          min={0.1}
          onChange={(minutes) => change({ silenceTimeoutMs: minutes === null ? null : Math.round(minutes * minuteMs) })}
        />
        <NumberSetting
          title="End an agent that only waits for commands after"
          about="One that has answered, with commands still running in the background. Its answer and work are kept."
          unit="min"
          optional
          value={settings.idleBackgroundMs === null ? null : settings.idleBackgroundMs / minuteMs}
          min={0.1}
          max={10}
          onChange={(minutes) => change({ idleBackgroundMs: minutes === null ? null : Math.round(minutes * minuteMs) })}
        />
        <ChoiceSetting
          title="At a usage limit"
          about="A parked task gives its slot back, and goes on by itself at the reset."
          value={settings.onUsageLimit}
          options={[
            { value: 'park', word: 'Park the task' },
            { value: 'fail', word: 'Fail it' },
          ]}
          onChange={(onUsageLimit) => change({ onUsageLimit })}
        />
        <NumberSetting
          title="Tasks that one client may ask for in a minute"
          about="After a first hundred; all clients together may ask for twice as many. From the next start on."
          optional
          value={
            settings.atNextStart.runsPerMinute === undefined
              ? settings.runsPerMinute
              : settings.atNextStart.runsPerMinute
          }
          min={0.01}
          onChange={(runsPerMinute) => change({ runsPerMinute })}
        />
        <PartsSetting
          title="From your own Claude Code"
          about="Copies that tasks get, without settings, hooks and secrets."
          parts={homeParts}
          value={settings.asAtHome}
          onChange={(asAtHome) => change({ asAtHome })}
        />
      </div>
    </section>
  )
}
