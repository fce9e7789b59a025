"""Removes models of the lab's own from the volume that its Ollama container keeps between runs."""

from __future__ import annotations

import docker
from docker.errors import APIError, ContainerError, ImageNotFound

from lab.engines.docker.daemon import CACHE_LABEL, IMAGE_LABEL, in_words
from lab.engines.docker.images import LOCAL_BASE, image_id
from lab.engines.modelserver.files import OWN
from lab.engines.modelserver.own import OWN_MANIFESTS

MODELS = "models"
MOUNTED = "/kept"
# Ollama removes files that no model consists of when it starts.
REMOVE = (
    f"cd {MOUNTED}/models/{OWN_MANIFESTS} 2>/dev/null || exit 0; "
    f'for tag in *-{"[0-9a-f]" * 8}/latest; do if [ -f "$tag" ]; then rm "$tag" && echo "$tag"; fi; done'
)


def remove_own_models(client: docker.DockerClient) -> list[str]:
    """Remove the models below `lab/` from volumes that no container uses; a sentence for each."""
    said: list[str] = []
    for volume in client.volumes.list(filters={"label": f"{CACHE_LABEL}={MODELS}"}):
        name = str(volume.name)
        image = _image(client)
        if image is None or client.containers.list(filters={"volume": name}):
            continue
        mount = {name: {"bind": MOUNTED, "mode": "rw"}}
        try:
            out = client.containers.run(
                image,
                ["-c", REMOVE],
                entrypoint="/bin/sh",
                user="root",  # as whom the server wrote them
                volumes=mount,
                network_mode="none",
                remove=True,
            )
        except (APIError, ContainerError, ImageNotFound) as exc:
            said.append(f"models of the lab's own stay in the volume {name}: {in_words(exc)}")
            continue
        models = [line.removesuffix("/latest") for line in out.decode().splitlines()]
        said += [f"removed the model {OWN}{model} from the volume {name}" for model in models]
    return said


def _image(client: docker.DockerClient) -> str | None:
    """An image of this machine that has a shell: one that the lab built, or its base image."""
    for image in client.images.list(filters={"label": IMAGE_LABEL}):
        return str(image.id)
    return image_id(client, LOCAL_BASE)
