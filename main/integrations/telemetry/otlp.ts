import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { Resource } from '@opentelemetry/resources'
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { TaskTrace } from './task-spans.ts'

/** How long a collector may take, and how long the end of the server waits for one. */
const answerMs = 5_000
const everyMs = 60_000

export interface OtlpTraces {
  send(task: TaskTrace): void
  close(): Promise<void>
}

/** Metrics go to `ENDPOINT/v1/metrics`, headers are those of `OTEL_EXPORTER_OTLP_HEADERS`. */
export const otlpMetricReader = (endpoint: string): PeriodicExportingMetricReader =>
  new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${endpoint}/v1/metrics`, timeoutMillis: answerMs }),
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: answerMs,
  })

/** Traces go to `ENDPOINT/v1/traces` in groups, some seconds later. Those that a collector does not take are dropped. */
export function otlpTraces(endpoint: string, resource: Resource): OtlpTraces {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: answerMs })
  const processor = new BatchSpanProcessor({ exporter, exportTimeoutMillis: answerMs })
  const provider = new TracerProvider({ resource, spanProcessors: [processor] })
  const tracer = provider.getTracer('microvm-orchestrator')
  return {
    send({ name, from, to, attributes, failed, parts }) {
      const root = tracer.startSpan(name, { startTime: from, attributes }, ROOT_CONTEXT)
      const context = trace.setSpan(ROOT_CONTEXT, root)
      for (const part of parts) tracer.startSpan(part.name, { startTime: part.from }, context).end(part.to)
      if (failed) root.setStatus({ code: SpanStatusCode.ERROR })
      root.end(to)
    },
    close: () => provider.shutdown(),
  }
}
