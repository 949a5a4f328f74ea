import type { Meter } from '@opentelemetry/api'
import type { Tasks } from '../../tasks/contract.ts'
import type { Totals } from './totals.ts'

/**
 * Defines what is measured, once for every way out. Nothing is kept for it: each value is looked up when it is asked for. Names are those of OpenTelemetry
 * (https://opentelemetry.io/docs/specs/semconv/general/naming); for Prometheus dots become underscores, and units and `_total` are added.
 */
export function addInstruments(meter: Meter, tasks: Pick<Tasks, 'find' | 'slots'>, totals: Totals): void {
  meter
    .createObservableGauge('microvm.tasks', {
      description: 'Tasks that have not ended, by their phase',
      unit: '{task}',
    })
    .addCallback(async (result) => {
      const counts = new Map<string, number>()
      for (const { state } of await tasks.find({ kind: 'open' })) {
        if (state.phase !== 'finished') counts.set(state.phase, (counts.get(state.phase) ?? 0) + 1)
      }
      for (const [phase, count] of counts) result.observe(count, { phase })
    })
  meter
    .createObservableGauge('microvm.slots', {
      description: 'Slots of this host, by whether a task has them',
      unit: '{slot}',
    })
    .addCallback((result) => {
      const slots = tasks.slots()
      const busy = slots.filter(({ taskId }) => taskId !== null).length
      result.observe(busy, { state: 'busy' })
      result.observe(slots.length - busy, { state: 'free' })
    })
  meter
    .createObservableCounter('microvm.task.ends', { description: 'Tasks that ended, by how', unit: '{task}' })
    .addCallback((result) => {
      for (const [repo, { ends }] of totals.byRepository) {
        for (const [outcome, count] of ends) result.observe(count, { repo, outcome })
      }
    })
  meter
    .createObservableCounter('microvm.task.cost', {
      description: 'What ended tasks cost, by the account of their agents',
      unit: '{USD}',
    })
    .addCallback((result) => {
      for (const [repo, { costUsd }] of totals.byRepository) result.observe(costUsd, { repo })
    })
  meter
    .createObservableCounter('microvm.task.tokens', { description: 'Tokens that ended tasks took', unit: '{token}' })
    .addCallback((result) => {
      for (const [repo, { inputTokens, outputTokens }] of totals.byRepository) {
        result.observe(inputTokens, { repo, direction: 'input' })
        result.observe(outputTokens, { repo, direction: 'output' })
      }
    })
}
