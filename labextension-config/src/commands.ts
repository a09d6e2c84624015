/** The ids of our commands. */
export const CommandIDs = {
  showBrowser: 'sandfs:show-browser',
  copyOut: 'sandfs:copy-out',
  publish: 'sandfs:publish',
  downloadArchive: 'sandfs:download-archive',
  showStaging: 'sandfs:show-staging',
  upload: 'sandfs:upload-staged',
  refresh: 'sandfs:refresh-staged',
  download: 'sandfs:download-staged',
  copyKey: 'sandfs:copy-staged-key',
  stage: 'sandfs:stage',
  keep: 'sandfs:keep-staged',
  remove: 'sandfs:delete-staged'
} as const;
