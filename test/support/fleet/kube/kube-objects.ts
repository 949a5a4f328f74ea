import { Job, JobList } from 'kubernetes-models/batch/v1'
import { EventList, Pod, PodList } from 'kubernetes-models/v1'

/** What kubernetes-models' classes have in common: their validators are compiled from the OpenAPI that Kubernetes publishes. */
const models = { Job, JobList, EventList, Pod, PodList } as const

/** An object as the API has it. @throws what of it is against the published definition. */
export function checked<Name extends keyof typeof models>(name: Name, value: unknown): unknown {
  const Model = models[name] as new (data: never) => { validate(): void }
  new Model(structuredClone(value) as never).validate()
  return value
}

export interface Status {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details?: object
}

/** What the API answers in place of what was asked for. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export const statusBody = ({ code, reason, message, details }: Status): object => ({
  ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
  ...(details && { details }),
})

/** Whether labels are as a selector of equalities says; others are not spoken here. */
export function isSelected(labels: Readonly<Record<string, string>> | undefined, selector: string | null): boolean {
  return (selector ?? '')
    .split(',')
    .filter(Boolean)
    .every((each) => {
      const [, name = '', value = ''] = /^([^=!]+)=([^=]*)$/.exec(each) ?? []
      if (name === '') throw new Error(`The selector ${each} is not understood`)
      return labels?.[name] === value
    })
}
