import { setTimeout as pause } from 'node:timers/promises'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import type { Task } from '../../core/task/task.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { addInstruments } from './add-instruments.ts'
import { otlpMetricReader, otlpTraces } from './otlp.ts'
import { traceOf } from './task-spans.ts'
import type { Totals } from './totals.ts'

export interface OpenTelemetryOptions {
  readonly tasks: Pick<Tasks, 'find' | 'slots'>
  readonly version: string
  /** Where a collector takes OTLP over HTTP, without a slash at its end; null: nothing is sent. */
  readonly otlpEndpoint: string | null
}

export interface OpenTelemetry {
  /** Resolves with all metrics as they are now, in the text format of Prometheus. */
  metrics(): Promise<string>
  /** Of a task that has ended; another one has none. */
  sendTrace(task: Task): void
  close(): Promise<void>
}

/** A collector that does not answer keeps no server from its end. */
const closeMs = 3_000

export function openTelemetry({ tasks, version, otlpEndpoint }: OpenTelemetryOptions, totals: Totals): OpenTelemetry {
  const resource = resourceFromAttributes({ 'service.name': 'microvm-orchestrator', 'service.version': version })
  const prometheus = new PrometheusExporter({ preventServerStart: true })
  const serializer = new PrometheusSerializer()
  const readers = [prometheus, ...(otlpEndpoint === null ? [] : [otlpMetricReader(otlpEndpoint)])]
  const provider = new MeterProvider({ resource, readers })
  addInstruments(provider.getMeter('microvm-orchestrator', version), tasks, totals)
  const traces = otlpEndpoint === null ? null : otlpTraces(otlpEndpoint, resource)
  return {
    metrics: async () => {
      const { resourceMetrics, errors } = await prometheus.collect()
      if (errors.length > 0) throw new AggregateError(errors, 'Metrics could not be collected')
      return serializer.serialize(resourceMetrics)
    },
    sendTrace: (task) => {
      const trace = traceOf(task)
      if (trace) traces?.send(trace)
    },
    close: async () => {
      const closing = Promise.allSettled([traces?.close(), provider.shutdown()])
      await Promise.race([closing, pause(closeMs, undefined, { ref: false })])
    },
  }
}
