"""An examination of a live site: the asking (examiner), and what follows from what was found
(findings).
"""
